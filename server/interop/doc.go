// Package interop runs real clients against the real program: the article's
// kafka-python programs in their 2020 release and today's, Kafka's own Java
// tools, kcat, and our own commands.
//
// To see that the tests themselves are right, run them against Apache Kafka:
//
//	BITACORA_INTEROP=apache go test ./server/interop
package interop
