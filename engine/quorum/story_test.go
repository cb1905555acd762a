package quorum

import (
	"fmt"
	"strings"

	"bitacora/engine"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// record writes an event down as the transcripts show it.
func (w *world) record(e engine.Event) {
	w.seen[e.Kind]++
	text := eventText(e)
	if text == "" {
		return
	}
	w.say(e.Node, text)
}

func (w *world) say(id engine.NodeID, text string) {
	line := fmt.Sprintf("%8.3f %d %s", float64(w.now)/1e9, id, text)
	if w.digest != nil {
		fmt.Fprintf(w.digest, "%d %s\n", w.now, line)
	}
	w.lastWords = append(w.lastWords, line)
	if len(w.lastWords) > 200 {
		w.lastWords = w.lastWords[100:]
	}
	if !w.quiet {
		w.trace = append(w.trace, line)
	}
}

func eventText(e engine.Event) string {
	switch e.Kind {
	case engine.EventQuorumState:
		text := fmt.Sprintf("%v epoch %d", Role(e.Code), e.Epoch)
		if e.Peer != engine.NoNode {
			text += fmt.Sprintf(" (%d)", e.Peer)
		}
		return text
	case engine.EventQuorumVoted:
		what, how := "vote", "refused"
		if e.Count == 1 {
			what = "pre-vote"
		}
		if e.Code == 1 {
			how = "granted"
		}
		return fmt.Sprintf("%s %s to %d in epoch %d", what, how, e.Peer, e.Epoch)
	case engine.EventQuorumHighWatermark:
		return fmt.Sprintf("high watermark %d->%d", e.Until, e.Offset)
	case engine.EventQuorumVoters:
		return fmt.Sprintf("voters %v", e.Nodes)
	case engine.EventAppended:
		if e.Peer != engine.NoNode {
			return fmt.Sprintf("fetched %d..%d of epoch %d", e.Offset, e.Until, e.Epoch)
		}
		return fmt.Sprintf("appended %d..%d in epoch %d", e.Offset, e.Until, e.Epoch)
	case engine.EventTruncated:
		return fmt.Sprintf("truncated %d->%d", e.Until, e.Offset)
	case engine.EventRecovered:
		if e.Offset > 0 {
			return fmt.Sprintf("opened its log, start %d, end %d", e.Offset, e.Until)
		}
		return fmt.Sprintf("opened its log, end %d", e.Until)
	case engine.EventSnapshotGenerated:
		return fmt.Sprintf("made a snapshot of what is below %d, epoch %d", e.Offset, e.Epoch)
	case engine.EventSnapshotFetched:
		return fmt.Sprintf("fetched the snapshot of what is below %d, epoch %d, in the place of its log to %d", e.Offset, e.Epoch, e.Until)
	case engine.EventLogStartMoved:
		return fmt.Sprintf("log start %d->%d, %d segments gone", e.Until, e.Offset, e.Count)
	case engine.EventQuorumLost:
		return fmt.Sprintf("leads epoch %d without a majority: heard from %v", e.Epoch, e.Nodes)
	}
	return ""
}

func answerText(resp kmsg.Response) string {
	code, message := int16(0), (*string)(nil)
	switch resp := resp.(type) {
	case *kmsg.AddRaftVoterResponse:
		code, message = resp.ErrorCode, resp.ErrorMessage
	case *kmsg.RemoveRaftVoterResponse:
		code, message = resp.ErrorCode, resp.ErrorMessage
	case *kmsg.UpdateRaftVoterResponse:
		return fmt.Sprintf("%v leader=%d epoch=%d", engine.ErrorCode(resp.ErrorCode), resp.CurrentLeader.LeaderID, resp.CurrentLeader.LeaderEpoch)
	case *kmsg.DescribeQuorumResponse:
		return describeText(resp)
	}
	text := engine.ErrorCode(code).String()
	if message != nil {
		text += ": " + *message
	}
	return text
}

func describeText(resp *kmsg.DescribeQuorumResponse) string {
	var b strings.Builder
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			fmt.Fprintf(&b, "%v leader=%d epoch=%d hw=%d", engine.ErrorCode(p.ErrorCode), p.LeaderID, p.LeaderEpoch, p.HighWatermark)
			for _, v := range p.CurrentVoters {
				fmt.Fprintf(&b, " voter %d leo=%d", v.ReplicaID, v.LogEndOffset)
			}
			for _, v := range p.Observers {
				fmt.Fprintf(&b, " observer %d leo=%d", v.ReplicaID, v.LogEndOffset)
			}
		}
	}
	return b.String()
}
