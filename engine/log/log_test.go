package log_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"bitacora/engine"
	"bitacora/engine/batch"
	"bitacora/engine/log"
	"bitacora/engine/log/logtest"
)

// TestLog tells what logs do, story by story. A story has replicas, each a log in a
// memory store of its own; a line names its replica with r=, 1 if it does not.
func TestLog(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if strings.Contains(path, "rapid") {
			return
		}
		p := &play{t: t, replicas: map[int]*replica{}}
		datadriven.RunTest(t, path, p.run)
	})
}

type play struct {
	t        *testing.T
	replicas map[int]*replica
	out      strings.Builder
	scratch  log.Scratch
}

type replica struct {
	store  *log.Memory
	log    *log.Log
	config log.Config
}

var playID = log.ID{Topic: logtest.Topic(1)}

const playNow = 1_000_000

func (p *play) run(t *testing.T, d *datadriven.TestData) string {
	p.out.Reset()
	lines := strings.Split(d.Input, "\n")
	if d.Cmd != "do" {
		lines = []string{d.FullCmd()}
	}
	for _, text := range lines {
		cmd, args, err := datadriven.ParseLine(text)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		c := &line{TestData: &datadriven.TestData{Pos: d.Pos, Cmd: cmd, CmdArgs: args}, t: t}
		r := p.replica(int(c.number("r", 1)))
		if err := p.do(c, r); err != nil {
			fmt.Fprintf(&p.out, "%s: %s\n", cmd, p.errorName(err))
		}
	}
	return p.out.String()
}

// line is one command.
type line struct {
	*datadriven.TestData
	t *testing.T
}

func (c *line) number(key string, otherwise int64) int64 {
	c.MaybeScanArgs(c.t, key, &otherwise)
	return otherwise
}

func (c *line) offset(key string) engine.Offset { return engine.Offset(c.number(key, 0)) }
func (c *line) wall(key string) engine.WallTime { return engine.WallTime(c.number(key, playNow)) }
func (c *line) epoch() engine.LeaderEpoch       { return engine.LeaderEpoch(c.number("epoch", 0)) }

// replica gives a replica, with an empty log at first.
func (p *play) replica(n int) *replica {
	if r := p.replicas[n]; r != nil {
		return r
	}
	r := &replica{store: log.NewMemory(0), config: log.DefaultConfig()}
	var err error
	r.log, err = log.Create(r.store, playID, engine.TopicPartition{Topic: "orders"}, r.config, playNow)
	must(p.t, err)
	p.replicas[n] = r
	return r
}

func (p *play) errorName(err error) string {
	for _, e := range []error{log.ErrOffsetOutOfRange, log.ErrOutOfOrderSequence, log.ErrInvalidProducerEpoch, log.ErrUnexpectedOffset,
		log.ErrOffsetsOutOfOrder, log.ErrLargerThanSegment, log.ErrWrongEpoch, log.ErrCorrupt, log.ErrFull, log.ErrFailed} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	if d := batch.DefectOf(err); d != 0 {
		return d.String()
	}
	return "unexpected: " + err.Error()
}

func (p *play) do(c *line, r *replica) error {
	l := r.log
	switch c.Cmd {
	case "config":
		r.config.SegmentBytes = int(c.number("segment-bytes", int64(r.config.SegmentBytes)))
		r.config.SegmentMs = time.Duration(c.number("segment-ms", int64(r.config.SegmentMs/time.Millisecond))) * time.Millisecond
		r.config.RetentionMs = time.Duration(c.number("retention-ms", int64(r.config.RetentionMs/time.Millisecond))) * time.Millisecond
		r.config.RetentionBytes = c.number("retention-bytes", r.config.RetentionBytes)
		r.config.FlushMessages = c.number("flush-messages", r.config.FlushMessages)
		if c.HasArg("log-append-time") {
			r.config.MessageTimestampType = batch.LogAppendTime
		}
		l.SetConfig(r.config)
	case "produce":
		return p.produce(c, l)
	case "fetch":
		return p.fetch(c, l)
	case "roll":
		return l.Roll(c.wall("now"))
	case "hw":
		fmt.Fprintf(&p.out, "high watermark %d\n", l.UpdateHighWatermark(c.offset("to")))
	case "leader-epoch":
		return l.AssignEpochStartOffset(c.epoch(), l.LogEndOffset())
	case "truncate":
		cut, err := l.TruncateTo(c.offset("to"), playNow)
		fmt.Fprintf(&p.out, "truncated %v\n", cut)
		return err
	case "truncate-fully":
		return l.TruncateFullyAndStartAt(c.offset("to"), playNow)
	case "log-start":
		_, err := l.MaybeIncrementLogStartOffset(c.offset("to"))
		return err
	case "delete-old":
		n, err := l.DeleteOldSegments(c.wall("now"))
		fmt.Fprintf(&p.out, "deleted %d segments\n", n)
		return err
	default:
		return p.more(c, r)
	}
	return nil
}

func (p *play) produce(c *line, l *log.Log) error {
	for range c.number("times", 1) {
		b := logtest.Batch(int(c.number("records", 1)), c.wall("at"), int(c.number("bytes", 10)))
		if c.HasArg("pid") {
			b.SetProducer(engine.ProducerID(c.number("pid", 0)), engine.ProducerEpoch(c.number("pepoch", 0)), int32(c.number("seq", 0)))
		}
		if c.HasArg("damaged") {
			b[len(b)-1]++
		}
		origin := batch.Client
		if c.HasArg("coordinator") {
			origin = batch.Coordinator
		}
		info, err := l.AppendAsLeader(b, log.LeaderAppend{
			Epoch: engine.LeaderEpoch(c.number("epoch", int64(max(l.LatestEpoch(), 0)))), Origin: origin, Now: c.wall("now"),
		}, &p.scratch)
		if err != nil {
			return err
		}
		fmt.Fprintf(&p.out, "%d-%d", info.FirstOffset, info.LastOffset)
		if info.LogAppendTime >= 0 {
			fmt.Fprintf(&p.out, " at %d", info.LogAppendTime)
		}
		if info.Duplicate {
			fmt.Fprint(&p.out, " again")
		}
		fmt.Fprintln(&p.out)
	}
	return nil
}

// fetch appends what another replica has from this one's end, or from=, on.
func (p *play) fetch(c *line, l *log.Log) error {
	leader := p.replica(int(c.number("of", 1))).log
	from := engine.Offset(c.number("from", int64(l.LogEndOffset())))
	run, err := leader.Read(from, log.LogEnd, int(c.number("bytes", 1<<20)), true)
	if err != nil {
		return err
	}
	if cut := c.number("cut", 0); cut > 0 {
		run = run[:len(run)-int(cut)]
	}
	var info log.AppendInfo
	if c.HasArg("raft") {
		info, err = l.AppendAsRaftLeader(run, c.epoch(), playNow)
	} else {
		info, err = l.AppendAsFollower(run, engine.LeaderEpoch(c.number("epoch", 99)), playNow)
	}
	if err == nil {
		fmt.Fprintf(&p.out, "%d-%d\n", info.FirstOffset, info.LastOffset)
	}
	return err
}

func (p *play) more(c *line, r *replica) error {
	switch c.Cmd {
	case "checkpoint":
		if err := r.log.CheckpointHighWatermark(); err != nil {
			return err
		}
		return r.log.Checkpoint()
	case "commit":
		commit(p.t, r.store)
	case "close":
		if err := r.log.Close(); err != nil {
			return err
		}
		must(p.t, log.MarkClean(r.store))
		commit(p.t, r.store)
	case "crash":
		must(p.t, r.store.Crash())
	case "torn": // of all that is committed, the append at offset is torn
		return p.tear(c, r)
	case "open":
		clean, err := log.TakeCleanMark(r.store)
		must(p.t, err)
		var found log.Recovery
		r.log, found, err = log.Open(r.store, playID, r.log.Name(), r.config, clean, c.wall("now"))
		if found.Clean {
			fmt.Fprintln(&p.out, "was closed cleanly")
		} else {
			fmt.Fprintf(&p.out, "looked at [%d, %d), cut %d bytes: %v\n", found.From, found.To, found.CutBytes, found.Cut)
		}
		return err
	default:
		return p.show(c, r)
	}
	return nil
}

// tear loses power so that the last n operations are gone and the one before is
// torn, if it is an append.
func (p *play) tear(c *line, r *replica) error {
	return r.store.CrashAt(r.store.LastSeq()-log.Seq(c.number("lose", 1)), int(c.number("bytes", 0)))
}

func (p *play) show(c *line, r *replica) error {
	l := r.log
	switch c.Cmd {
	case "log":
		fmt.Fprintf(&p.out, "start %d, high watermark %d, end %d, recovery point %d\n", l.LogStartOffset(), l.HighWatermark(), l.LogEndOffset(), l.RecoveryPoint())
	case "epochs":
		for _, e := range l.EpochEntries() {
			fmt.Fprintf(&p.out, "%d@%d ", e.Epoch, e.StartOffset)
		}
		fmt.Fprintln(&p.out)
	case "segments":
		for _, s := range l.Segments() {
			fmt.Fprintf(&p.out, "[%d, %d) %d bytes\n", s.Base, s.Next, s.Bytes)
		}
	case "read":
		isolation := log.LogEnd
		if c.HasArg("committed") {
			isolation = log.HighWatermark
		}
		run, err := l.Read(c.offset("from"), isolation, int(c.number("bytes", 1<<20)), true)
		for it := batch.Iterate(run); it.Next(); {
			b := it.Batch()
			fmt.Fprintf(&p.out, "%d-%d epoch=%d %v %d\n", b.BaseOffset(), b.LastOffset(), b.PartitionLeaderEpoch(), b.TimestampType(), b.MaxTimestamp())
		}
		return err
	case "end-of-epoch":
		end := l.EndOffsetForEpoch(c.epoch())
		fmt.Fprintf(&p.out, "epoch %d ends at %d\n", end.Epoch, end.Offset)
	case "producers":
		for _, a := range l.ActiveProducers() {
			fmt.Fprintf(&p.out, "%d epoch=%d last sequence %d at %d\n", a.ID, a.Epoch, a.LastSequence, a.LastTimestamp)
		}
	case "snapshots":
		offsets, err := r.store.RecordOffsets(playID, log.RecordProducerSnapshot)
		fmt.Fprintln(&p.out, offsets)
		return err
	case "damage-snapshot":
		return r.store.SetRecord(playID, log.RecordKey{Kind: log.RecordProducerSnapshot, Offset: c.offset("at")}, []byte("damaged"))
	case "expire":
		l.RemoveExpiredProducers(c.wall("now"))
	case "unsynced":
		fmt.Fprintf(&p.out, "%v\n", r.store.LastSeq() > r.store.SyncedSeq())
	case "time", "max-time":
		found, ok, err := l.MaxTimestamp(&p.scratch.Codecs)
		if c.Cmd == "time" {
			found, ok, err = l.OffsetForTime(c.wall("at"), &p.scratch.Codecs)
		}
		fmt.Fprintf(&p.out, "%v %d at %d epoch=%d\n", ok, found.Offset, found.Timestamp, found.LeaderEpoch)
		return err
	default:
		return p.raft(c, l)
	}
	return nil
}

func (p *play) raft(c *line, l *log.Log) error {
	switch c.Cmd {
	case "validate":
		end, ok := l.ValidateOffsetAndEpoch(c.offset("offset"), c.epoch())
		if ok {
			fmt.Fprintln(&p.out, "valid")
		} else {
			fmt.Fprintf(&p.out, "diverging: epoch %d ends at %d\n", end.Epoch, end.Offset)
		}
	case "truncate-to-end-of":
		to, err := l.TruncateToEndOffset(log.OffsetAndEpoch{Offset: c.offset("offset"), Epoch: c.epoch()}, playNow)
		fmt.Fprintf(&p.out, "truncated to %d, last fetched epoch %d\n", to, l.LastFetchedEpoch())
		return err
	default:
		p.t.Fatalf("%s: unknown command %q", c.Pos, c.Cmd)
	}
	return nil
}
