// Code generated from scenarios/el-lider-cae by scenarios/compile; DO NOT EDIT.

package scenarios

import "bitacora/engine"

func elLiderCae() *Scenario {
	return &Scenario{
		Name: "el-lider-cae",
		Seed: 42,
		Cluster: Cluster{
			Brokers:     3,
			Controllers: 3,
			Properties: []Property{
				{Key: "min.insync.replicas", Value: "2"},
				{Key: "num.partitions", Value: "1"},
			},
		},
		Clients: []Client{
			{
				Name:  "tienda",
				Topic: "pedidos",
				Properties: []Property{
					{Key: "acks", Value: "all"},
				},
				Every:      50000000, /* 50ms */
				Keys:       5,
				ValueBytes: 60,
			},
			{
				Name:  "almacen",
				Kind:  1,
				Topic: "pedidos",
				Properties: []Property{
					{Key: "auto.offset.reset", Value: "earliest"},
				},
				Every: 100000000, /* 100ms */
				Group: "almacen",
			},
		},
		Steps: []Step{
			{
				Name: "el-cluster-despierta",
				Until: []Condition{
					{
						Text: "live() == {1, 2, 3}",
						Left: Term{
							Kind: 3,
							Fact: 9,
						},
						Right: Term{
							Kind: 4,
							Args: []Arg{
								{Node: &Term{
									Kind:   1,
									Number: 1,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 2,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 3,
								}},
							},
						},
					},
					{
						Text: "voters() == {3000, 3001, 3002}",
						Left: Term{
							Kind: 3,
							Fact: 12,
						},
						Right: Term{
							Kind: 4,
							Args: []Arg{
								{Node: &Term{
									Kind:   1,
									Number: 3000,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 3001,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 3002,
								}},
							},
						},
					},
				},
				Within: 20000000000, /* 20s */
				Expect: []Condition{
					{
						Text: "fenced() == {}",
						Left: Term{
							Kind: 3,
							Fact: 10,
						},
						Right: Term{
							Kind: 4,
						},
					},
				},
				Look: []string{
					"metadata",
				},
			},
			{
				Name: "llegan-pedidos",
				Do: []Action{
					{
						Client: "tienda",
					},
					{
						Client: "almacen",
					},
				},
				For: 2000000000, /* 2s */
				Until: []Condition{
					{
						Text: "acked(tienda) >= 30",
						Left: Term{
							Kind: 3,
							Fact: 15,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Op: 5,
						Right: Term{
							Kind:   1,
							Number: 30,
						},
					},
					{
						Text: "read(almacen) >= 30",
						Left: Term{
							Kind: 3,
							Fact: 21,
							Args: []Arg{
								{Client: "almacen"},
							},
						},
						Op: 5,
						Right: Term{
							Kind:   1,
							Number: 30,
						},
					},
					{
						Text: "isr(pedidos-0) == {1, 2, 3}",
						Left: Term{
							Kind: 3,
							Fact: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 4,
							Args: []Arg{
								{Node: &Term{
									Kind:   1,
									Number: 1,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 2,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 3,
								}},
							},
						},
					},
				},
				Within: 20000000000, /* 20s */
				Expect: []Condition{
					{
						Text: "replicas(pedidos-0) == {1, 2, 3}",
						Left: Term{
							Kind: 3,
							Fact: 4,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 4,
							Args: []Arg{
								{Node: &Term{
									Kind:   1,
									Number: 1,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 2,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 3,
								}},
							},
						},
					},
					{
						Text: "epoch(pedidos-0) == 0",
						Left: Term{
							Kind: 3,
							Fact: 1,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "failed(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 16,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "read(almacen) <= highWatermark(pedidos-0)",
						Left: Term{
							Kind: 3,
							Fact: 21,
							Args: []Arg{
								{Client: "almacen"},
							},
						},
						Op: 3,
						Right: Term{
							Kind: 3,
							Fact: 5,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
					},
				},
				Look: []string{
					"pedidos-0",
					"tienda",
					"almacen",
				},
			},
			{
				Name: "el-lider-se-queda-solo",
				Do: []Action{
					{
						Verb: 3,
						Name: "viejo",
						Value: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
					},
					{
						Verb: 3,
						Name: "epoca",
						Value: Term{
							Kind: 3,
							Fact: 1,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
					},
					{
						Verb: 10,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
						Peer: Term{
							Kind:   1,
							Number: 1,
						},
					},
					{
						Verb: 10,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
						Peer: Term{
							Kind:   1,
							Number: 2,
						},
					},
					{
						Verb: 10,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
						Peer: Term{
							Kind:   1,
							Number: 3,
						},
					},
				},
				For: 300000000, /* 300ms */
				Until: []Condition{
					{
						Text: "leo(pedidos-0, viejo) >= committed(pedidos-0, viejo) + 1",
						Left: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
						Op: 5,
						Right: Term{
							Kind: 3,
							Fact: 7,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
							Plus: 1,
						},
					},
				},
				Within: 2000000000, /* 2s */
				Expect: []Condition{
					{
						Text: "leader(pedidos-0) == viejo",
						Left: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "viejo",
						},
					},
					{
						Text: "acked(tienda) <= committed(pedidos-0, viejo)",
						Left: Term{
							Kind: 3,
							Fact: 15,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Op: 3,
						Right: Term{
							Kind: 3,
							Fact: 7,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
					},
					{
						Text: "read(almacen) <= committed(pedidos-0, viejo)",
						Left: Term{
							Kind: 3,
							Fact: 21,
							Args: []Arg{
								{Client: "almacen"},
							},
						},
						Op: 3,
						Right: Term{
							Kind: 3,
							Fact: 7,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
					},
				},
				Look: []string{
					"pedidos-0",
				},
			},
			{
				Name: "el-lider-muere",
				Ask: &Question{Name: "que-pasa-ahora", Options: []string{
					"enseguida",
					"al-rato",
					"nunca",
				}, Answer: "al-rato"},
				Do: []Action{
					{
						Verb: 3,
						Name: "confirmados",
						Value: Term{
							Kind: 3,
							Fact: 15,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
					},
					{
						Verb: 3,
						Name: "marca",
						Value: Term{
							Kind: 3,
							Fact: 5,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
					},
					{
						Verb: 3,
						Name: "final",
						Value: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
					},
					{
						Verb: 4,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
					},
				},
				For: 4000000000, /* 4s */
				Expect: []Condition{
					{
						Text: "leader(pedidos-0) == viejo",
						Left: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "viejo",
						},
					},
					{
						Text: "epoch(pedidos-0) == epoca",
						Left: Term{
							Kind: 3,
							Fact: 1,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "epoca",
						},
					},
					{
						Text: "fenced() == {}",
						Left: Term{
							Kind: 3,
							Fact: 10,
						},
						Right: Term{
							Kind: 4,
						},
					},
					{
						Text: "acked(tienda) == confirmados",
						Left: Term{
							Kind: 3,
							Fact: 15,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "confirmados",
						},
					},
					{
						Text: "failed(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 16,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
				},
				Look: []string{
					"viejo",
					"pedidos-0",
				},
			},
			{
				Name: "nuevo-lider",
				Until: []Condition{
					{
						Text: "fenced() == {viejo}",
						Left: Term{
							Kind: 3,
							Fact: 10,
						},
						Right: Term{
							Kind: 4,
							Args: []Arg{
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
					},
					{
						Text: "epoch(pedidos-0) == epoca + 1",
						Left: Term{
							Kind: 3,
							Fact: 1,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "epoca",
							Plus: 1,
						},
					},
				},
				Within: 8000000000, /* 8s */
				Expect: []Condition{
					{
						Text: "leader(pedidos-0) != viejo",
						Left: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Op: 1,
						Right: Term{
							Kind: 2,
							Name: "viejo",
						},
					},
					{
						Text: "leader(pedidos-0) != -1",
						Left: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Op: 1,
						Right: Term{
							Kind:   1,
							Number: -1,
						},
					},
					{
						Text: "isr(pedidos-0) lacks viejo",
						Left: Term{
							Kind: 3,
							Fact: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Op: 7,
						Right: Term{
							Kind: 2,
							Name: "viejo",
						},
					},
					{
						Text: "isr(pedidos-0) has leader(pedidos-0)",
						Left: Term{
							Kind: 3,
							Fact: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Op: 6,
						Right: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
					},
					{
						Text: "lost(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 18,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
				},
				Look: []string{
					"metadata",
					"pedidos-0",
				},
			},
			{
				Name: "la-tienda-sigue",
				Do: []Action{
					{
						Verb: 3,
						Name: "nuevo",
						Value: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
					},
				},
				For: 2000000000, /* 2s */
				Until: []Condition{
					{
						Text: "acked(tienda) >= confirmados + 60",
						Left: Term{
							Kind: 3,
							Fact: 15,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Op: 5,
						Right: Term{
							Kind: 2,
							Name: "confirmados",
							Plus: 60,
						},
					},
					{
						Text: "read(almacen) >= confirmados + 60",
						Left: Term{
							Kind: 3,
							Fact: 21,
							Args: []Arg{
								{Client: "almacen"},
							},
						},
						Op: 5,
						Right: Term{
							Kind: 2,
							Name: "confirmados",
							Plus: 60,
						},
					},
				},
				Within: 20000000000, /* 20s */
				Expect: []Condition{
					{
						Text: "leader(pedidos-0) == nuevo",
						Left: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "nuevo",
						},
					},
					{
						Text: "retried(tienda) >= 1",
						Left: Term{
							Kind: 3,
							Fact: 17,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Op: 5,
						Right: Term{
							Kind:   1,
							Number: 1,
						},
					},
					{
						Text: "failed(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 16,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "lost(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 18,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "disorder(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 19,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "highWatermark(pedidos-0) > final",
						Left: Term{
							Kind: 3,
							Fact: 5,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Op: 4,
						Right: Term{
							Kind: 2,
							Name: "final",
						},
					},
				},
				Look: []string{
					"pedidos-0",
					"tienda",
					"almacen",
				},
			},
			{
				Name: "el-viejo-vuelve",
				Ask: &Question{Name: "que-hace-el-viejo", Options: []string{
					"vuelve-a-mandar",
					"corta-y-sigue",
					"borra-todo",
				}, Answer: "corta-y-sigue"},
				Do: []Action{
					{
						Verb: 11,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
						Peer: Term{
							Kind:   1,
							Number: 1,
						},
					},
					{
						Verb: 11,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
						Peer: Term{
							Kind:   1,
							Number: 2,
						},
					},
					{
						Verb: 11,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
						Peer: Term{
							Kind:   1,
							Number: 3,
						},
					},
					{
						Verb: 6,
						Node: Term{
							Kind: 2,
							Name: "viejo",
						},
					},
				},
				Until: []Condition{
					{
						Text: "isr(pedidos-0) == {1, 2, 3}",
						Left: Term{
							Kind: 3,
							Fact: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 4,
							Args: []Arg{
								{Node: &Term{
									Kind:   1,
									Number: 1,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 2,
								}},
								{Node: &Term{
									Kind:   1,
									Number: 3,
								}},
							},
						},
					},
					{
						Text: "truncated(pedidos-0, viejo) >= 1",
						Left: Term{
							Kind: 3,
							Fact: 8,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
						Op: 5,
						Right: Term{
							Kind:   1,
							Number: 1,
						},
					},
				},
				Within: 30000000000, /* 30s */
				Expect: []Condition{
					{
						Text: "leader(pedidos-0) == nuevo",
						Left: Term{
							Kind: 3,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "nuevo",
						},
					},
					{
						Text: "epoch(pedidos-0) == epoca + 1",
						Left: Term{
							Kind: 3,
							Fact: 1,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 2,
							Name: "epoca",
							Plus: 1,
						},
					},
					{
						Text: "truncated(pedidos-0, viejo) <= 10",
						Left: Term{
							Kind: 3,
							Fact: 8,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
						Op: 3,
						Right: Term{
							Kind:   1,
							Number: 10,
						},
					},
					{
						Text: "fenced() == {}",
						Left: Term{
							Kind: 3,
							Fact: 10,
						},
						Right: Term{
							Kind: 4,
						},
					},
					{
						Text: "lost(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 18,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
				},
				Look: []string{
					"viejo",
					"pedidos-0",
				},
			},
			{
				Name: "las-cuentas",
				Do: []Action{
					{
						Verb:   1,
						Client: "tienda",
					},
				},
				For: 1000000000, /* 1s */
				Until: []Condition{
					{
						Text: "acked(tienda) == sent(tienda)",
						Left: Term{
							Kind: 3,
							Fact: 15,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 3,
							Fact: 14,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
					},
					{
						Text: "read(almacen) == sent(tienda)",
						Left: Term{
							Kind: 3,
							Fact: 21,
							Args: []Arg{
								{Client: "almacen"},
							},
						},
						Right: Term{
							Kind: 3,
							Fact: 14,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
					},
					{
						Text: "committed(pedidos-0, viejo) == leo(pedidos-0, nuevo)",
						Left: Term{
							Kind: 3,
							Fact: 7,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "viejo",
								}},
							},
						},
						Right: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind: 2,
									Name: "nuevo",
								}},
							},
						},
					},
				},
				Within: 10000000000, /* 10s */
				Expect: []Condition{
					{
						Text: "leo(pedidos-0, 1) == leo(pedidos-0, 2)",
						Left: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind:   1,
									Number: 1,
								}},
							},
						},
						Right: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind:   1,
									Number: 2,
								}},
							},
						},
					},
					{
						Text: "leo(pedidos-0, 2) == leo(pedidos-0, 3)",
						Left: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind:   1,
									Number: 2,
								}},
							},
						},
						Right: Term{
							Kind: 3,
							Fact: 6,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
								{Node: &Term{
									Kind:   1,
									Number: 3,
								}},
							},
						},
					},
					{
						Text: "lost(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 18,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "failed(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 16,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "disorder(tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 19,
							Args: []Arg{
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "duplicates(pedidos-0) == 0",
						Left: Term{
							Kind: 3,
							Fact: 20,
							Args: []Arg{
								{Partition: engine.TopicPartition{Topic: "pedidos"}},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "unread(almacen, tienda) == 0",
						Left: Term{
							Kind: 3,
							Fact: 23,
							Args: []Arg{
								{Client: "almacen"},
								{Client: "tienda"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
					{
						Text: "reread(almacen) == 0",
						Left: Term{
							Kind: 3,
							Fact: 22,
							Args: []Arg{
								{Client: "almacen"},
							},
						},
						Right: Term{
							Kind: 1,
						},
					},
				},
				Look: []string{
					"pedidos-0",
				},
			},
		},
		Prose: []Prose{
			{
				Lang:  "es",
				Title: "El líder cae",
				Intro: "Una tienda publica pedidos en el tópico `pedidos` y el almacén los lee. El tópico tiene una sola partición, con tres réplicas: una en cada broker. De las tres, una manda; es el **líder** de la partición. Las otras dos, los seguidores, le van pidiendo lo nuevo y guardan la misma copia, byte a byte.\n\nEn esta lección vamos a matar al líder en el peor momento: con un registro que solo él tiene. Fíjate en tres cosas mientras ocurre: quién manda en cada momento, hasta dónde está *confirmado* el log y qué se le ha prometido a la tienda.",
				Steps: []StepProse{
					{
						Step:  "el-cluster-despierta",
						Title: "El clúster despierta",
						Text:  "Arrancan seis procesos: tres controllers, que custodian los metadatos del clúster, y tres brokers, que custodian los datos. Un solo controller se elige a sí mismo, los otros dos se unen después y forman el quórum. Cada broker se registra, se pone al día con los metadatos y solo entonces deja de estar *vallado* (fenced): a partir de ahí puede recibir trabajo.\n\nAntes este papel lo hacía ZooKeeper. Hoy lo hacen los controllers, pero el encargo es el mismo: saber quién vive y quién manda en cada partición.",
					},
					{
						Step:  "llegan-pedidos",
						Title: "Llegan pedidos",
						Text:  "La tienda pregunta por el tópico `pedidos`, que no existe todavía, y el clúster lo crea. Desde entonces escribe un pedido cada 50 milisegundos con `acks=all`: el líder no le dice «guardado» hasta que todas las réplicas del **ISR** (las que están al día) tienen el registro.\n\nSigue un registro con la vista. Entra en el log del líder con borde, sin relleno: está escrito, no confirmado. Los seguidores vienen a buscarlo. Cuando el líder sabe que lo tienen, sube la **marca de agua** (high watermark), el registro se rellena, la tienda recibe su respuesta y el almacén puede leerlo. El almacén nunca lee por encima de esa marca.",
					},
					{
						Step:  "el-lider-se-queda-solo",
						Title: "El líder se queda solo",
						Text:  "Cortamos la red entre el líder y sus dos seguidores, apenas unas décimas de segundo. La tienda no se entera: sigue enviando, y el líder apunta lo que le llega. Pero nadie se lo lleva, así que la marca de agua no se mueve y la respuesta no sale.\n\nAhí está el registro incómodo: lo tiene el líder y nadie más. A la tienda no se le ha prometido nada sobre él.",
					},
					{
						Step:     "el-lider-muere",
						Title:    "El líder muere",
						Text:     "Y en ese instante, `kill -9`. Las conexiones se cierran de golpe y la tienda se queda hablando sola. Reintenta, pregunta a otro broker quién manda… y le contestan que el muerto. No es un error: es lo último que el clúster sabe.\n\nHan pasado cuatro segundos y nada ha cambiado. Los controllers dan por vivo a un broker mientras no lleve nueve segundos sin enviar su latido. Es un trato: con menos, un simple tropiezo de la red provocaría elecciones; con más, la tienda esperaría sin necesidad.",
						Question: "El líder acaba de morir. ¿Cuándo habrá otro?",
						Options: []OptionProse{
							{Option: "enseguida", Text: "Enseguida: los seguidores ven que la conexión se ha cerrado y votan entre ellos."},
							{Option: "al-rato", Text: "Al rato: cuando los controllers echen de menos sus latidos."},
							{Option: "nunca", Text: "Nunca, hasta que alguien vuelva a arrancarlo."},
						},
					},
					{
						Step:  "nuevo-lider",
						Title: "Hay un líder nuevo",
						Text:  "Se cumplen los nueve segundos. El controller activo valla al broker, lo saca del ISR y nombra líder a uno de los que quedan en él. Todo eso son unas pocas anotaciones en el log de metadatos, que los demás controllers copian y los brokers leen.\n\nEl nombramiento trae un número nuevo, la **época del líder**, que solo crece. Cada registro lleva la época en la que se escribió; por eso cambia de color. Y como el nuevo líder estaba en el ISR, tiene todo lo que se había confirmado. No hace falta recuperar nada: ya estaba ahí.",
					},
					{
						Step:  "la-tienda-sigue",
						Title: "La tienda sigue",
						Text:  "La tienda descubre al líder nuevo en su siguiente pregunta y le entrega todo lo que había ido guardando en su búfer. También repite el pedido incómodo, el que el líder muerto se llevó consigo. Como el productor es idempotente, numera sus lotes: si el líder nuevo ya tuviera ese pedido, lo reconocería y no lo escribiría dos veces.\n\nEl programa de la tienda no ha visto ningún error. Solo una espera larga.",
					},
					{
						Step:     "el-viejo-vuelve",
						Title:    "El viejo líder vuelve",
						Text:     "Arranca otra vez con el disco tal como lo dejó, registro incómodo incluido. En su sitio, el líder nuevo escribió otra cosa. Dos historias distintas en el mismo offset: una de las dos sobra.\n\nEl que vuelve es ahora seguidor. Pide lo que le falta y dice con qué época termina su log. El líder compara: «tu época 0 se acaba antes de ahí». El viejo líder **trunca** su log hasta ese punto, copia lo que sigue y, en cuanto alcanza al líder, este lo propone de nuevo para el ISR. Lo que ha cortado no se le había confirmado a nadie.",
						Question: "El que fue líder vuelve con un registro que nadie más tiene. ¿Qué hará?",
						Options: []OptionProse{
							{Option: "vuelve-a-mandar", Text: "Vuelve a mandar, porque su copia tiene más registros."},
							{Option: "corta-y-sigue", Text: "Corta lo que sobra y sigue al líder nuevo."},
							{Option: "borra-todo", Text: "Borra su copia entera y empieza de cero."},
						},
					},
					{
						Step:  "las-cuentas",
						Title: "Las cuentas",
						Text:  "La tienda para y hacemos cuentas. Las tres copias son iguales. Todo pedido confirmado está donde se dijo que estaba, ninguno está dos veces y siguen en el orden en que se enviaron. El almacén los ha leído todos, una sola vez.\n\nEsto vale dentro de un presupuesto de fallos: `acks=all`, tres réplicas y `min.insync.replicas=2` aguantan que se pierda un broker. Con `acks=1` el registro incómodo se habría confirmado al escribirlo el líder, y esa promesa habría muerto con él.",
					},
				},
			},
			{
				Lang:  "en",
				Title: "The leader dies",
				Intro: "A shop publishes orders to the topic `pedidos`, and the warehouse reads them. The topic has a single partition with three replicas, one on each broker. One of the three is in charge: the **leader** of the partition. The other two, the followers, keep asking it for what is new and hold the same copy, byte for byte.\n\nIn this lesson we kill the leader at the worst moment: while it holds a record that nobody else has. Watch three things as it happens: who leads at each moment, how far the log is *committed*, and what the shop has been promised.",
				Steps: []StepProse{
					{
						Step:  "el-cluster-despierta",
						Title: "The cluster wakes up",
						Text:  "Six processes start: three controllers, which look after the cluster's metadata, and three brokers, which look after the data. One controller elects itself; the other two join later and form the quorum with it. Each broker registers, catches up with the metadata, and only then stops being *fenced*: from here on it can be given work.\n\nThis used to be ZooKeeper's part. Today it is the controllers', but the job is the same: to know who is alive and who leads each partition.",
					},
					{
						Step:  "llegan-pedidos",
						Title: "Orders come in",
						Text:  "The shop asks for the topic `pedidos`, which does not exist yet, and the cluster makes it. From then on the shop writes an order every 50 milliseconds with `acks=all`: the leader does not say \"stored\" until every replica in the **ISR** (those that are in sync) has the record.\n\nFollow one record. It enters the leader's log as an outline: written, not committed. The followers come and fetch it. Once the leader knows that they have it, it raises the **high watermark**, the record is filled in, the shop gets its answer and the warehouse may read it. The warehouse never reads above that mark.",
					},
					{
						Step:  "el-lider-se-queda-solo",
						Title: "The leader is alone",
						Text:  "We cut the network between the leader and its two followers, for a few tenths of a second. The shop notices nothing: it goes on sending, and the leader writes down what arrives. But nobody takes it away, so the high watermark stays where it is and no answer leaves.\n\nThere is our awkward record: the leader has it and nobody else does. The shop has been promised nothing about it.",
					},
					{
						Step:     "el-lider-muere",
						Title:    "The leader dies",
						Text:     "And at that moment, `kill -9`. The connections close at once and the shop is left talking to itself. It retries, asks another broker who leads, and is told: the dead one. That is no mistake. It is the last thing that the cluster knows.\n\nFour seconds have passed and nothing has changed. The controllers take a broker for alive until nine seconds have gone by without a heartbeat. It is a trade: with less, a mere stumble of the network would cause elections; with more, the shop would wait for nothing.",
						Question: "The leader has just died. When will there be another?",
						Options: []OptionProse{
							{Option: "enseguida", Text: "At once: the followers see their connection close, and vote among themselves."},
							{Option: "al-rato", Text: "After a while: when the controllers miss its heartbeats."},
							{Option: "nunca", Text: "Never, until somebody starts it again."},
						},
					},
					{
						Step:  "nuevo-lider",
						Title: "There is a new leader",
						Text:  "The nine seconds are over. The active controller fences the broker, takes it out of the ISR and makes one of those who are left in it the leader. All of that is a few entries in the metadata log, which the other controllers copy and the brokers read.\n\nThe appointment brings a new number, the **leader epoch**, which only grows. Each record carries the epoch in which it was written, hence the new colour. And since the new leader was in the ISR, it has all that had been committed. Nothing needs to be recovered: it was there already.",
					},
					{
						Step:  "la-tienda-sigue",
						Title: "The shop goes on",
						Text:  "The shop learns of the new leader the next time it asks, and hands over all that had gathered in its buffer. It also repeats the awkward order, the one that died with the old leader. Since the producer is idempotent, it numbers its batches: if the new leader had that order already, it would know it again and not write it twice.\n\nThe shop's program has seen no error. Only a long wait.",
					},
					{
						Step:     "el-viejo-vuelve",
						Title:    "The old leader comes back",
						Text:     "It starts again with its disk just as it left it, awkward record included. In that place the new leader has written something else. Two different stories at one offset: one of them has to go.\n\nThe one that returns is a follower now. It asks for what it lacks and says in which epoch its log ends. The leader compares: \"your epoch 0 ends before that\". The old leader **truncates** its log to that point, copies what follows and, as soon as it has caught up, is proposed for the ISR again. What it cut off had been confirmed to nobody.",
						Question: "The former leader returns with a record that nobody else has. What will it do?",
						Options: []OptionProse{
							{Option: "vuelve-a-mandar", Text: "Lead again, because its copy holds more records."},
							{Option: "corta-y-sigue", Text: "Cut off what is too much, and follow the new leader."},
							{Option: "borra-todo", Text: "Delete its whole copy and start from nothing."},
						},
					},
					{
						Step:  "las-cuentas",
						Title: "The sums",
						Text:  "The shop stops, and we do the sums. The three copies are equal. Every order that was acknowledged is where it was said to be, none is there twice, and they stand in the order in which they were sent. The warehouse has read all of them, once each.\n\nThis holds within a budget of faults: `acks=all`, three replicas and `min.insync.replicas=2` survive the loss of one broker. With `acks=1` the awkward record would have been acknowledged as soon as the leader wrote it, and that promise would have died with the leader.",
					},
				},
			},
		},
	}
}
