package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"bitacora/engine"
	"bitacora/scenarios"
	"bitacora/scenarios/compile"

	"github.com/spf13/cobra"
)

func newRun() *cobra.Command {
	var asJSON bool
	var seed uint64
	c := &cobra.Command{
		Use: "run SCENARIO", Short: "Play a scenario without a page and print its trace hash", Args: exactly(1),
		Long: "Play a scenario (a folder with scenario.yaml, es.md and en.md) in virtual time, say how each step went,\n" +
			"and print the hash of everything that happened. Fails when an expectation does not hold.",
		Example: "  bitacora run scenarios/el-lider-cae",
		RunE: func(c *cobra.Command, args []string) error {
			sc, err := loadScenario(args[0])
			if err != nil {
				return err
			}
			result, err := scenarios.Run(sc, seed)
			if err != nil {
				return err
			}
			if asJSON {
				err = printRunJSON(c.OutOrStdout(), sc, result)
			} else {
				err = printRun(c.OutOrStdout(), sc, result)
			}
			if err == nil && !result.Held(len(sc.Steps)) {
				err = fmt.Errorf("scenario %s did not go as it says (seed %d)", sc.Name, result.Seed)
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, for programs")
	c.Flags().Uint64Var(&seed, "seed", 0, "another seed than the scenario's own")
	return c
}

// loadScenario reads a folder; a lesson's bare name will do where there is no such
// folder, for the program carries its lessons.
func loadScenario(path string) (*scenarios.Scenario, error) {
	sc, err := compile.Load(path)
	var missing *fs.PathError
	if !errors.As(err, &missing) {
		return sc, err
	}
	if own := scenarios.Find(path); own != nil {
		return own, nil
	}
	return nil, fmt.Errorf("%w; a scenario is a folder with %s, es.md and en.md", err, compile.ScenarioFile)
}

func printRun(w io.Writer, sc *scenarios.Scenario, result *scenarios.Result) error {
	p := &printer{w: w}
	p.printf("%s: %s (seed %d)\n", sc.Name, sc.Prose[0].Title, result.Seed)
	for i := range result.Outcomes {
		o := &result.Outcomes[i]
		p.printf("%9s  %s %s\n", seconds(o.Ended), verdict(o.Held()), o.Step)
		if o.TimedOut {
			p.printf("           waited %v in vain\n", o.Ended.Sub(o.Begun))
			p.failed(o.Waited)
		}
		p.failed(o.Expected)
	}
	for _, st := range sc.Steps[len(result.Outcomes):] {
		p.printf("%9s  %s %s\n", "", "--  ", st.Name)
	}
	if v := result.Violation; v != nil {
		p.printf("%9s  BROKEN %v\n", seconds(result.Ended), v)
	}
	p.printf("%d inputs in %s of virtual time\n", result.Handled, seconds(result.Ended))
	p.printf("trace %x\n", result.TraceHash)
	return p.err
}

// printer keeps the first error of many writes.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *printer) failed(checks []scenarios.Check) {
	for _, c := range checks {
		if !c.Held {
			p.printf("           does not hold: %s (%v, %v)\n", c.Text, c.Left, c.Right)
		}
	}
}

func verdict(held bool) string {
	if held {
		return "ok  "
	}
	return "FAIL"
}

func seconds(at engine.Time) string { return fmt.Sprintf("%.3f s", time.Duration(at).Seconds()) }

type runJSON struct {
	Scenario  string     `json:"scenario"`
	Seed      uint64     `json:"seed"`
	Held      bool       `json:"held"`
	Steps     []stepJSON `json:"steps"`
	NotPlayed []string   `json:"notPlayed,omitempty"`
	Violation string     `json:"violation,omitempty"`
	VirtualMs int64      `json:"virtualMs"`
	Inputs    uint64     `json:"inputs"`
	TraceHash string     `json:"traceHash"`
}

type stepJSON struct {
	Name     string      `json:"name"`
	Held     bool        `json:"held"`
	TimedOut bool        `json:"timedOut,omitempty"`
	BegunMs  int64       `json:"begunMs"`
	EndedMs  int64       `json:"endedMs"`
	Waited   []checkJSON `json:"waited,omitempty"`
	Expected []checkJSON `json:"expected,omitempty"`
}

type checkJSON struct {
	Text  string `json:"text"`
	Held  bool   `json:"held"`
	Left  string `json:"left"`
	Right string `json:"right"`
}

func printRunJSON(w io.Writer, sc *scenarios.Scenario, result *scenarios.Result) error {
	out := runJSON{
		Scenario: result.Scenario, Seed: result.Seed, Held: result.Held(len(sc.Steps)),
		VirtualMs: milliseconds(result.Ended), Inputs: result.Handled, TraceHash: fmt.Sprintf("%x", result.TraceHash),
	}
	for i := range result.Outcomes {
		o := &result.Outcomes[i]
		out.Steps = append(out.Steps, stepJSON{
			Name: o.Step, Held: o.Held(), TimedOut: o.TimedOut, BegunMs: milliseconds(o.Begun), EndedMs: milliseconds(o.Ended),
			Waited: checksJSON(o.Waited), Expected: checksJSON(o.Expected),
		})
	}
	for _, st := range sc.Steps[len(result.Outcomes):] {
		out.NotPlayed = append(out.NotPlayed, st.Name)
	}
	if result.Violation != nil {
		out.Violation = result.Violation.Error()
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func checksJSON(checks []scenarios.Check) []checkJSON {
	var all []checkJSON
	for _, c := range checks {
		all = append(all, checkJSON{c.Text, c.Held, c.Left.String(), c.Right.String()})
	}
	return all
}

func milliseconds(at engine.Time) int64 { return time.Duration(at).Milliseconds() }
