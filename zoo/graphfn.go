package zoo

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// GraphFn calls a graph function so that every panic in it becomes an error panic. GoMLX's executors recover only
// errors: any other value escapes and leaves the executor locked, so that its next call hangs.
func GraphFn(name string, fn func(scope *model.Scope, in []*Node) []*Node) func(scope *model.Scope, in []*Node) []*Node {
	return func(scope *model.Scope, in []*Node) (out []*Node) {
		if err := Catch(name, func() { out = fn(scope, in) }); err != nil {
			panic(err) //nolint:forbidigo // re-raised for the executor, which recovers errors
		}
		return out
	}
}

// Catch runs build, in which graph functions may panic, and returns what they panicked with as an error.
func Catch(name string, build func()) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("%s: %w", name, e)
		default:
			err = fmt.Errorf("%s: %v", name, e)
		}
	}()
	build()
	return nil
}
