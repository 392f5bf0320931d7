package main

import (
	"github.com/spf13/cobra"
)

// newRootCommand returns the command with all that it can do. To add one, write
// newXCommand in x.go and add its line here.
func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "fieldbook",
		Short: "Scientific machine learning in Go notebooks",
		Long: `Fieldbook is a notebook workbench for scientific machine learning in Go.

Start with "fieldbook lab": it sets up what is needed, the first time in a few
minutes, and opens JupyterLab on a notebook that trains a Fourier neural
operator. All else can be done from there; the commands below do the same
without a browser.`,
		Example: `  fieldbook lab                  open JupyterLab on the first notebook
  fieldbook doctor               say what is missing, and what to do about it`,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(
		newLabCommand(),
		newRunCommand(),
		newListCommand(),
		newRunsCommand(),
		newDataCommand(),
		newImportCommand(),
		newPredictCommand(),
		newSetupCommand(),
		newDoctorCommand(),
		newTestCommand(),
		newBenchCommand(),
	)
	return root
}
