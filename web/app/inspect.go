package app

import (
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"bitacora/engine"
	"bitacora/engine/view"
	"bitacora/web/lang"
	"bitacora/web/panel"
	"bitacora/web/scene"
)

// Inspector gives the panel that says what is selected, and why it is as it is.
func (m *Model) Inspector() panel.Inspector {
	i := m.inspected()
	if i.Title == "" {
		return panel.Inspector{Empty: m.t(lang.NothingSelected)}
	}
	i.Close = panel.Action{Label: "✕", Hint: m.t(lang.Close), Name: "close"}
	return i
}

func (m *Model) inspected() panel.Inspector {
	t := m.Selected
	switch t.Kind {
	case scene.TargetProcess:
		if p := scene.ProcessOf(&m.State, t.Node); p != nil {
			return m.inspectProcess(p)
		}
	case scene.TargetMetadata:
		if q := scene.QuorumOf(&m.State, t.Node); q != nil {
			return m.inspectMetadata(q)
		}
	case scene.TargetTopic:
		return m.inspectTopic(t.Topic)
	case scene.TargetPartition:
		if p := scene.PartitionOf(&m.State, t.Topic, t.Partition); p != nil {
			return m.inspectPartition(p)
		}
	case scene.TargetReplica:
		return m.inspectReplica(t)
	case scene.TargetBatch:
		return m.inspectBatch(t)
	case scene.TargetGroup:
		return m.inspectGroup(t.Topic)
	case scene.TargetProducer, scene.TargetConsumer:
		return m.inspectClient(t.Node)
	case scene.TargetMessage:
		return m.inspectMessage()
	}
	return panel.Inspector{}
}

func (m *Model) row(k lang.Key, value string) panel.Row { return panel.Row{Name: m.t(k), Value: value} }

func code(name, value string) panel.Row { return panel.Row{Name: name, Value: value, Code: true} }

func (m *Model) inspectProcess(p *view.Process) panel.Inspector {
	i := panel.Inspector{Kind: m.t(lang.InspBroker), Title: m.nodeName(p.ID), What: m.t(lang.WhatBroker), Actions: m.processActions(p, false)}
	switch {
	case p.Roles.Has(view.RoleClient):
		return m.inspectClient(p.ID)
	case p.Roles == view.RoleController:
		i.Kind, i.What = m.t(lang.InspController), m.t(lang.WhatController)
	case p.Roles.Has(view.RoleController):
		i.Kind = m.t(lang.InspServer)
	}
	status, tone := m.statusOf(p)
	i.Rows = append(i.Rows, panel.Row{Name: m.t(lang.RowState), Value: status, Tone: tone}, code("node.id", num(p.ID)))
	if p.Host != "" {
		i.Rows = append(i.Rows, code(m.t(lang.RowAddress), p.Host+":"+num(p.Port)))
	}
	if p.Rack != "" {
		i.Rows = append(i.Rows, code("broker.rack", p.Rack))
	}
	i.Rows = append(i.Rows, m.row(lang.RowLeads, m.leads(p)))
	if p.Roles.Has(view.RoleBroker) {
		i.Rows = append(i.Rows, code("broker epoch", num(p.Epoch)))
		if p.Fenced {
			i.Why = m.t(lang.StatusFencedHint)
		}
	}
	if q := scene.QuorumOf(&m.State, p.ID); q != nil {
		i.Rows = append(i.Rows, m.quorumRows(q)...)
	}
	i.Actions = append(i.Actions, m.linkActions(p)...)
	return i
}

// linkActions cut or heal the links to the other servers.
func (m *Model) linkActions(p *view.Process) []panel.Action {
	if !m.Hello.Can.Has(view.CanFault) || p.External {
		return nil
	}
	var all []panel.Action
	for i := range m.State.Processes {
		o := &m.State.Processes[i]
		if o.ID == p.ID || o.Roles.Has(view.RoleClient) {
			continue
		}
		cut := slices.Contains(m.State.Cuts, view.Link{From: p.ID, To: o.ID}) || slices.Contains(m.State.Cuts, view.Link{From: o.ID, To: p.ID})
		a := panel.Action{Label: m.t(lang.Cut) + " " + num(p.ID) + "–" + num(o.ID), Name: "cut", Node: num(p.ID), Peer: num(o.ID)}
		if cut {
			a.Label, a.Name, a.Strong = m.t(lang.Heal)+" "+num(p.ID)+"–"+num(o.ID), "heal", true
		}
		all = append(all, a)
	}
	return all
}

var quorumRoles = [...]lang.Key{
	view.QuorumUnattached: lang.Unattached, view.QuorumObserver: lang.Observer, view.QuorumFollower: lang.Follower,
	view.QuorumProspective: lang.Prospective, view.QuorumCandidate: lang.Candidate, view.QuorumLeader: lang.RowLeader,
	view.QuorumResigned: lang.Resigned,
}

func (m *Model) quorumRows(q *view.QuorumReplica) []panel.Row {
	voted := m.t(lang.Nobody)
	if q.VotedFor != engine.NoNode {
		voted = num(q.VotedFor)
	}
	leader := m.t(lang.Unknown)
	if q.Leader != engine.NoNode {
		leader = num(q.Leader)
	}
	return []panel.Row{
		{Name: "Raft", Value: m.t(quorumRoles[q.Role])}, code("epoch", num(q.Epoch)), m.row(lang.RowLeader, leader), m.row(lang.RowVotedFor, voted),
		code("high watermark", m.offset(q.HighWatermark)), code("log end offset", num(q.LogEnd)),
	}
}

func (m *Model) inspectMetadata(q *view.QuorumReplica) panel.Inspector {
	return panel.Inspector{Kind: m.t(lang.MetadataRow), Title: m.nodeName(q.Node), What: m.t(lang.WhatMetadata),
		Rows: append(m.quorumRows(q), code("log start offset", num(q.LogStart)), code("voters", m.nodes(q.Voters)))}
}

func (m *Model) inspectTopic(name string) panel.Inspector {
	for i := range m.State.Topics {
		t := &m.State.Topics[i]
		if t.Name != name {
			continue
		}
		in := panel.Inspector{Kind: m.t(lang.InspTopic), Title: name, What: m.t(lang.WhatTopic),
			Rows: []panel.Row{m.row(lang.FormPartitions, num(t.Partitions)), code("topic id", t.ID.String())}}
		table := panel.Table{Title: m.t(lang.TablePartitions), Columns: []string{"#", m.t(lang.TableLeader), m.t(lang.TableEpoch), "ISR", "HW"}}
		for j := range m.State.Partitions {
			p := &m.State.Partitions[j]
			if p.Topic != name || len(table.Rows) == tableRowsMax {
				continue
			}
			row := m.partitionRow(p)
			row.Cells[0].Value = num(p.Partition)
			if p.Leader != engine.NoNode {
				row.Cells[1].Value = num(p.Leader)
			}
			row.Cells = row.Cells[:5]
			table.Rows = append(table.Rows, row)
		}
		in.Tables = []panel.Table{table}
		return in
	}
	return panel.Inspector{}
}

func (m *Model) inspectPartition(p *view.Partition) panel.Inspector {
	leader := m.t(lang.LeaderNone)
	if p.Leader != engine.NoNode {
		leader = m.nodeName(p.Leader)
	}
	i := panel.Inspector{Kind: m.t(lang.InspPartition), Title: p.Topic + "-" + num(p.Partition), What: m.t(lang.WhatPartition),
		Rows: []panel.Row{m.row(lang.RowLeader, leader), code("leader epoch", num(p.Epoch)), code("ISR", m.nodes(p.ISR)),
			m.row(lang.RowReplicas, m.nodes(p.Replicas)), code("partition epoch", num(p.PartitionEpoch))}}
	if p := scene.ProcessOf(&m.State, p.Leader); p != nil && p.Status == view.Running && m.Hello.Can.Has(view.CanFault) {
		i.Actions = []panel.Action{{Label: m.t(lang.KillNode, m.nodeName(p.ID)), Name: "kill", Node: num(p.ID), Danger: true}}
	}
	table := panel.Table{Title: m.t(lang.RowReplicas), Columns: []string{"broker", "HW", "LEO", m.t(lang.RowInISR)}}
	for _, r := range scene.ReplicasOf(&m.State, p.Topic, p.Partition) {
		in := panel.Row{Value: m.t(lang.No), Tone: panel.Bad}
		if slices.Contains(p.ISR, r.Node) {
			in = panel.Row{Value: m.t(lang.Yes), Tone: panel.Good}
		}
		table.Rows = append(table.Rows, panel.TableRow{Cells: []panel.Row{{Value: num(r.Node)}, {Value: m.offset(r.HighWatermark), Code: true}, {Value: num(r.LogEnd), Code: true}, in}})
	}
	i.Tables = []panel.Table{table}
	return i
}

// replica finds a copy.
func (m *Model) replica(t scene.Target) *view.Replica {
	all := scene.ReplicasOf(&m.State, t.Topic, t.Partition)
	for i := range all {
		if all[i].Node == t.Node {
			return &all[i]
		}
	}
	return nil
}

func (m *Model) inspectReplica(t scene.Target) panel.Inspector {
	r := m.replica(t)
	p := scene.PartitionOf(&m.State, t.Topic, t.Partition)
	if r == nil || p == nil {
		return panel.Inspector{}
	}
	i := panel.Inspector{Kind: m.t(lang.InspReplica), Title: t.Topic + "-" + num(t.Partition) + " · " + m.nodeName(t.Node), What: m.t(lang.WhatReplicaFollower)}
	proc := scene.ProcessOf(&m.State, t.Node)
	switch {
	case proc != nil && proc.Status != view.Running:
		i.What = m.t(lang.WhatReplicaDead)
	case p.Leader == r.Node:
		i.What = m.t(lang.WhatReplicaLeader)
	}
	inISR := panel.Row{Name: m.t(lang.RowInISR), Value: m.t(lang.No), Tone: panel.Bad}
	if slices.Contains(p.ISR, r.Node) {
		inISR.Value, inISR.Tone = m.t(lang.Yes), panel.Good
	}
	i.Rows = []panel.Row{inISR, code("high watermark", m.offset(r.HighWatermark)), code("log end offset (LEO)", num(r.LogEnd)),
		code("log start offset", num(r.LogStart)), code("leader epoch", num(r.Epoch)), m.row(lang.RowSize, m.t(lang.Bytes, m.Lang.Number(r.Bytes)))}
	if len(r.Epochs) > 0 {
		table := panel.Table{Title: "leader-epoch-checkpoint", Columns: []string{"epoch", "start offset"}}
		for _, e := range r.Epochs {
			table.Rows = append(table.Rows, panel.TableRow{Cells: []panel.Row{{Value: num(e.Epoch)}, {Value: num(e.Start), Code: true}}})
		}
		i.Tables = append(i.Tables, table)
	}
	if len(r.Followers) > 0 {
		table := panel.Table{Title: m.t(lang.RowFollows), Columns: []string{"broker", "LEO", m.t(lang.RowLagBehind)}}
		for _, f := range r.Followers {
			behind := m.t(lang.Unknown)
			if f.LogEnd != engine.NoOffset {
				behind = num(max(r.LogEnd-f.LogEnd, 0))
			}
			table.Rows = append(table.Rows, panel.TableRow{Cells: []panel.Row{{Value: num(f.Node)}, {Value: m.offset(f.LogEnd), Code: true}, {Value: behind, Code: true}}})
		}
		i.Tables = append(i.Tables, table)
	}
	if proc != nil {
		i.Actions = m.processActions(proc, true)
	}
	return i
}

func (m *Model) inspectBatch(t scene.Target) panel.Inspector {
	var batches []view.Batch
	title := m.t(lang.MetadataRow)
	if t.Topic == "" {
		if q := scene.QuorumOf(&m.State, t.Node); q != nil {
			batches = q.Batches
		}
	} else if r := m.replica(t); r != nil {
		batches = r.Batches
		title = t.Topic + "-" + num(t.Partition)
	}
	at := slices.IndexFunc(batches, func(b view.Batch) bool { return b.Base == t.Offset })
	if at < 0 {
		return panel.Inspector{}
	}
	b := &batches[at]
	i := panel.Inspector{Kind: m.t(lang.InspBatch), Title: title + " · offset " + num(b.Base), What: m.nodeName(t.Node)}
	i.Why = m.whyCommitted(t, b)
	i.Rows = []panel.Row{code("baseOffset", num(b.Base)), code("lastOffset", num(b.Last)), code("partitionLeaderEpoch", num(b.Epoch)),
		code("records", num(b.Records)), code("sizeInBytes", num(b.Bytes))}
	if b.ProducerID >= 0 {
		i.Rows = append(i.Rows, code("producerId", num(b.ProducerID)), code("baseSequence", num(b.Sequence)))
	}
	if b.Flags&view.BatchControl != 0 {
		i.What = m.t(lang.WhatBatchControl)
	}
	m.addDetail(&i, t)
	return i
}

// whyCommitted says whether a batch is committed, and if not, who is missing.
func (m *Model) whyCommitted(t scene.Target, b *view.Batch) string {
	switch scene.Committed(&m.State, t, b) {
	case scene.Known:
		return m.t(lang.WhatBatchCommitted)
	case scene.Unheard:
		return m.t(lang.WhatBatchFollower)
	}
	p := scene.PartitionOf(&m.State, t.Topic, t.Partition)
	if p == nil {
		return m.t(lang.LegendUncommitted)
	}
	var missing []engine.NodeID
	for _, r := range scene.ReplicasOf(&m.State, t.Topic, t.Partition) {
		if slices.Contains(p.ISR, r.Node) && r.LogEnd <= b.Last {
			missing = append(missing, r.Node)
		}
	}
	if len(missing) == 0 {
		return m.t(lang.LegendUncommitted)
	}
	return m.t(lang.WhatBatchWaits, m.nodes(missing))
}

// addDetail shows a batch's records once they have come.
func (m *Model) addDetail(i *panel.Inspector, t scene.Target) {
	d := m.Detail
	if d == nil || m.detailFor != t {
		if m.detailFor == t {
			i.Waiting = m.t(lang.Loading)
		}
		return
	}
	i.Rows = append(i.Rows, code("crc", "0x"+hex.EncodeToString([]byte{byte(d.CRC >> 24), byte(d.CRC >> 16), byte(d.CRC >> 8), byte(d.CRC)})))
	for _, r := range d.Records {
		rec := panel.Record{Offset: num(r.Offset), KeyName: m.t(lang.RowKey), ValueName: m.t(lang.RowValue),
			Key: m.readable(r.Key, r.KeyBytes), Value: m.readable(r.Value, r.ValueBytes)}
		if r.Text != "" {
			rec.KeyName, rec.Value = "", r.Text
		}
		i.Records = append(i.Records, rec)
	}
	const perLine = 8
	for from := 0; from < len(d.Raw) && from < 16*perLine; from += perLine {
		line := hex.EncodeToString(d.Raw[from:min(from+perLine, len(d.Raw))])
		var spaced strings.Builder
		for n := 0; n < len(line); n += 2 {
			if n > 0 {
				spaced.WriteByte(' ')
			}
			spaced.WriteString(line[n : n+2])
		}
		i.Hex = append(i.Hex, spaced.String())
	}
}

// readable shows bytes as text where they are text.
func (m *Model) readable(b []byte, size int32) string {
	if size < 0 {
		return m.t(lang.NullValue)
	}
	text := string(b)
	if !utf8.ValidString(text) {
		text = "0x" + hex.EncodeToString(b)
	}
	if int(size) > len(b) {
		text += "…"
	}
	return text
}

func (m *Model) inspectGroup(name string) panel.Inspector {
	at := slices.IndexFunc(m.State.Groups, func(g view.Group) bool { return g.Name == name })
	if at < 0 {
		return panel.Inspector{}
	}
	g := &m.State.Groups[at]
	i := panel.Inspector{Kind: m.t(lang.InspGroup), Title: name, What: m.t(lang.WhatGroup), Rows: []panel.Row{
		m.row(lang.RowState, scene.GroupStateText(m.Lang, g.State)), m.row(lang.RowGeneration, num(g.Generation)),
		m.row(lang.RowCoordinator, m.nodeName(g.Coordinator)), code("partition.assignment.strategy", g.Protocol), m.row(lang.RowMembers, num(len(g.Members)))}}
	table := panel.Table{Title: m.t(lang.TablePartitions), Columns: []string{m.t(lang.TablePartition), m.t(lang.RowCommitted), m.t(lang.RowLag)}}
	for _, o := range g.Offsets {
		lag := panel.Row{Value: m.t(lang.Unknown)}
		if hw := scene.LeaderHighWatermark(&m.State, o.Topic, o.Partition); hw != engine.NoOffset {
			lag.Value = num(max(hw-o.Committed, 0))
			if hw > o.Committed {
				lag.Tone = panel.Warn
			}
		}
		table.Rows = append(table.Rows, panel.TableRow{Cells: []panel.Row{{Value: o.Topic + "-" + num(o.Partition)}, {Value: num(o.Committed), Code: true}, lag}})
	}
	i.Tables = []panel.Table{table}
	return i
}

func (m *Model) inspectClient(id engine.NodeID) panel.Inspector {
	i := panel.Inspector{Kind: m.t(lang.InspClient), Title: m.nodeName(id)}
	if p := scene.ProcessOf(&m.State, id); p != nil && p.External {
		i.What = m.t(lang.WhatExternal)
	}
	for n := range m.State.Producers {
		if p := &m.State.Producers[n]; p.Node == id {
			i.Kind, i.What = m.t(lang.InspProducer), m.t(lang.WhatProducer)
			acks := "all"
			if p.Acks >= 0 {
				acks = num(p.Acks)
			}
			i.Rows = append(i.Rows, code("acks", acks), code("producerId", num(p.ProducerID)), code("producerEpoch", num(p.Epoch)),
				panel.Row{Value: m.t(lang.AckedCount, m.Lang.Number(p.Acked)), Tone: panel.Good},
				panel.Row{Value: m.t(lang.FailedCount, m.Lang.Number(p.Failed))}, code("retries", num(p.Retries)))
			if a, ok := m.clientAction(id, p.Running, "producer"); ok {
				i.Actions = append(i.Actions, a)
			}
		}
	}
	for n := range m.State.Consumers {
		if c := &m.State.Consumers[n]; c.Node == id {
			i.Kind, i.What = m.t(lang.InspConsumer), m.t(lang.WhatConsumer)
			i.Rows = append(i.Rows, code("group.id", c.Group), code("member.id", shortID(c.MemberID)), panel.Row{Value: m.t(lang.ReadCount, m.Lang.Number(c.Read))})
			table := panel.Table{Title: m.t(lang.TablePartitions), Columns: []string{m.t(lang.TablePartition), m.t(lang.RowPosition), m.t(lang.RowCommitted)}}
			for _, p := range c.Positions {
				table.Rows = append(table.Rows, panel.TableRow{Cells: []panel.Row{{Value: p.Topic + "-" + num(p.Partition)}, {Value: m.offset(p.Offset), Code: true}, {Value: m.offset(p.Committed), Code: true}}})
			}
			i.Tables = append(i.Tables, table)
			if a, ok := m.clientAction(id, c.Running, "consumer"); ok {
				i.Actions = append(i.Actions, a)
			}
		}
	}
	return i
}

func (m *Model) inspectMessage() panel.Inspector {
	if m.picked == nil {
		return panel.Inspector{}
	}
	p := m.picked
	i := panel.Inspector{Kind: m.t(lang.InspMessage), Title: scene.FlightText(m.Lang, p), What: m.t(lang.WhatMessage), Rows: []panel.Row{
		code("API", p.Name+" v"+num(p.Version)), m.row(lang.RowFrom, m.nodeName(p.From)), m.row(lang.RowTo, m.nodeName(p.To)), code(m.t(lang.RowBytes), num(p.Bytes))}}
	if p.Code != 0 {
		i.Rows = append(i.Rows, panel.Row{Name: "error", Value: engine.ErrorCode(p.Code).String(), Tone: panel.Bad, Code: true})
	}
	if len(p.Items) > 0 {
		table := panel.Table{Title: m.t(lang.RowCarries), Columns: []string{m.t(lang.TablePartition), "offset", m.t(lang.RowRecords)}}
		for _, it := range p.Items {
			table.Rows = append(table.Rows, panel.TableRow{Cells: []panel.Row{{Value: it.Topic + "-" + num(it.Partition)}, {Value: m.offset(it.Offset), Code: true}, {Value: num(it.Records), Code: true}}})
		}
		i.Tables = []panel.Table{table}
	}
	return i
}
