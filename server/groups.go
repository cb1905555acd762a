package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

func newGroups() *cobra.Command {
	var f toolFlags
	c := &cobra.Command{Use: "groups", Short: "List and describe consumer groups, of any Kafka cluster"}
	f.add(c)
	c.AddCommand(&cobra.Command{
		Use: "list", Short: "List the groups", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				groups, err := admin.ListGroups(ctx)
				if err != nil {
					return err
				}
				var rows [][]string
				for _, g := range groups.Sorted() {
					rows = append(rows, []string{g.Group, g.State, g.ProtocolType, fmt.Sprint(g.Coordinator)})
				}
				return f.print(c, groups.Sorted(), "GROUP STATE TYPE COORDINATOR", rows)
			})
		},
	}, newGroupsDescribe(&f))
	return c
}

// groupRow is one partition of a group, as `groups describe` shows it.
type groupRow struct {
	Group     string `json:"group"`
	State     string `json:"state"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Committed int64  `json:"committed"` // -1: none
	End       int64  `json:"end"`
	Lag       int64  `json:"lag"` // -1: not known
	Member    string `json:"member"`
	Host      string `json:"host"`
}

func newGroupsDescribe(f *toolFlags) *cobra.Command {
	return &cobra.Command{
		Use: "describe GROUP", Short: "Show where a group reads, who reads, and how far behind", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			return f.withAdmin(c.Context(), func(ctx context.Context, admin *kadm.Client) error {
				lags, err := admin.Lag(ctx, args[0])
				if err != nil {
					return err
				}
				lag := lags[args[0]]
				if err := lag.Error(); err != nil {
					return fmt.Errorf("describe group %s: %w", args[0], err)
				}
				if lag.State == "Dead" {
					return fmt.Errorf("group %s does not exist", args[0])
				}
				all := groupRows(lag)
				var rows [][]string
				for _, r := range all {
					rows = append(rows, []string{
						r.Topic, fmt.Sprint(r.Partition), dash(r.Committed), dash(r.End), dash(r.Lag), orDash(r.Member), orDash(r.Host),
					})
				}
				if !f.json {
					fmt.Fprintf(c.OutOrStdout(), "GROUP %s STATE %s MEMBERS %d\n", lag.Group, lag.State, len(lag.Members))
				}
				return f.print(c, all, "TOPIC PARTITION COMMITTED END LAG MEMBER HOST", rows)
			})
		},
	}
}

func groupRows(lag kadm.DescribedGroupLag) []groupRow {
	var all []groupRow
	for _, l := range lag.Lag.Sorted() {
		r := groupRow{
			Group: lag.Group, State: lag.State, Topic: l.Topic, Partition: l.Partition,
			Committed: l.Commit.At, End: l.End.Offset, Lag: l.Lag,
		}
		if l.Member != nil {
			r.Member, r.Host = l.Member.MemberID, l.Member.ClientHost
		}
		all = append(all, r)
	}
	return all
}

func dash(n int64) string {
	if n < 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
