package setup

import "context"

// RunCommand lets tests run a program as a step does.
func RunCommand(ctx context.Context, args []string, line func(string)) error {
	return command{args: args, line: line}.run(ctx, nil)
}

// RunRetrying lets tests run a program as a step does that uses the network.
func RunRetrying(ctx context.Context, args []string) error {
	task := newProgress(nil).begin("test", nil)
	return command{args: args}.runRetrying(ctx, task)
}
