package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// newSetupCommand returns `fieldbook setup`.
func newSetupCommand() *cobra.Command {
	var options setup.Options
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Set up what the other commands need, and nothing else",
		Long: `Setup makes the environment in the folder .fieldbook-env at the module's root (or
where $FIELDBOOK_ENV says): JupyterLab, the XLA plugin and OpenBLAS in a Python
virtual environment, and the Go notebook kernel. Everything is pinned; what is
fetched is checked against hashes.

The commands that need the environment call it by themselves. When nothing is
to do it ends at once; stopped half-way, it goes on from there.`,
		Example: `  fieldbook setup                once with a network, e.g. on a cluster's login node
  fieldbook setup --offline      check that all is there, without a network
  fieldbook setup --fresh        do everything again`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := place.Root()
			if err != nil {
				return err
			}
			options.Out = cmd.ErrOrStderr()
			report, err := setup.Ensure(cmd.Context(), root, options)
			if err == nil && len(report.Done) == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "set-up: nothing to do in %s\n", place.Env(root))
			}
			return err
		},
	}
	addOffline(cmd, &options.Offline)
	cmd.Flags().BoolVar(&options.Fresh, "fresh", false, "do every step again")
	cmd.Flags().BoolVar(&options.Checks, "checks", false, "build the linter too, which `fieldbook test` needs")
	return cmd
}

// addOffline adds the flag that keeps a command off the network.
func addOffline(cmd *cobra.Command, offline *bool) {
	cmd.Flags().BoolVar(offline, "offline", false, "never touch the network; fail if something is missing")
}

// prepare finds the module's root and sets up what is missing. Its lines go to
// standard error, so that a command's own output stays clean.
func prepare(cmd *cobra.Command, options setup.Options) (root string, err error) {
	root, err = place.Root()
	if err != nil {
		return "", err
	}
	options.Out = cmd.ErrOrStderr()
	_, err = setup.Ensure(cmd.Context(), root, options)
	return root, err
}
