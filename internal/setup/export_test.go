package setup

import "context"

// RunCommand lets tests run a program as a step does.
func RunCommand(ctx context.Context, args []string, line func(string), mute func(string) bool) error {
	return command{args: args, line: line, mute: mute}.run(ctx, nil)
}

// RunRetrying lets tests run a program as a step does that uses the network.
func RunRetrying(ctx context.Context, args []string) error {
	task := newProgress(nil).begin("test", nil)
	return command{args: args}.runRetrying(ctx, task)
}

// RunWarm runs the step that compiles the packages of the module at root, with
// its environment in env.
func RunWarm(ctx context.Context, root, env string, options Options) error {
	step, err := warmStep(root, options.Offline)
	if err != nil {
		return err
	}
	_, err = Plan{Env: env, Lanes: [][]Step{{step}}}.Run(ctx, options)
	return err
}
