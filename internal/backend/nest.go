package backend

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// builder wraps go-xla's so that closures nest; see the package comment.
type builder struct {
	compute.Builder
	backend *Backend
	stack   []*function // functions being built, innermost last; the first is main
	names   int         // closure parameters named so far
}

// function is main or a closure of it.
type function struct {
	compute.Function
	builder *builder
	restore func()  // gives the enclosing function its reduction caches back
	call    *marked // the custom call that this closure stands for; nil: none
}

// Builder returns a decorated builder.
func (b *Backend) Builder(name string) compute.Builder {
	w := &builder{Builder: b.Backend.Builder(name), backend: b}
	w.stack = []*function{{Function: w.Builder.Main(), builder: w}}
	return w
}

// Main returns the decorated main function.
func (b *builder) Main() compute.Function { return b.stack[0] }

// Compile compiles, or, while [Backend.Text] reads a program, keeps its text and stops.
func (b *builder) Compile() (compute.Executable, error) {
	if b.backend.reading != nil {
		text, err := programText(b.Builder)
		if err != nil {
			return nil, err
		}
		*b.backend.reading = text
		return nil, errRead
	}
	e, err := b.Builder.Compile()
	if err != nil {
		return nil, err
	}
	return &executable{e, b.backend}, nil
}

// Parameter gives closure parameters names that are unique in the program: nested closures share one name space.
func (f *function) Parameter(name string, shape shapes.Shape, sharding *compute.ShardingSpec) (compute.Value, error) {
	if f != f.builder.stack[0] {
		if call := newMarked(name); call != nil {
			f.call, name = call, "state"
		}
		f.builder.names++
		name = fmt.Sprintf("%s_%d", name, f.builder.names)
	}
	return f.Function.Parameter(name, shape, sharding)
}

// Closure opens a closure of the innermost function, whichever function it is asked of: GoMLX always asks main.
func (f *function) Closure() (compute.Function, error) {
	b := f.builder
	in, err := b.stack[len(b.stack)-1].Function.Closure()
	if err != nil {
		return nil, err
	}
	c := &function{Function: in, builder: b, restore: func() {}}
	if b.backend.xla {
		c.restore = freshMaps(b.Builder, builderCaches()...)
	}
	b.stack = append(b.stack, c)
	return c, nil
}

// Return closes the innermost function.
func (f *function) Return(outputs []compute.Value, shardings []*compute.ShardingSpec) error {
	if f != f.builder.stack[0] {
		f.builder.stack = f.builder.stack[:len(f.builder.stack)-1]
		defer f.restore()
	}
	return f.Function.Return(outputs, shardings)
}

// Call unwraps the called function.
func (f *function) Call(called compute.Function, inputs ...compute.Value) ([]compute.Value, error) {
	return f.Function.Call(unwrap(called), inputs...)
}

// While unwraps the closures, or writes the call that the body stands for.
func (f *function) While(cond, body compute.Function, state ...compute.Value) ([]compute.Value, error) {
	if w, ok := body.(*function); ok && w.call != nil {
		return w.call.write(f, state)
	}
	return f.Function.While(unwrap(cond), unwrap(body), state...)
}

// If unwraps the closures.
func (f *function) If(pred compute.Value, yes, no compute.Function) ([]compute.Value, error) {
	return f.Function.If(pred, unwrap(yes), unwrap(no))
}

// Sort unwraps the closure.
func (f *function) Sort(less compute.Function, axis int, stable bool, in ...compute.Value) ([]compute.Value, error) {
	return f.Function.Sort(unwrap(less), axis, stable, in...)
}

func unwrap(f compute.Function) compute.Function {
	if w, ok := f.(*function); ok {
		return w.Function
	}
	return f
}

// freshMaps empties unexported cache maps of *ptr until the returned function is called: what they hold belongs to
// another function of the program.
func freshMaps(ptr any, names ...string) (restore func()) {
	undo := make([]func(), 0, len(names))
	for _, name := range names {
		f := reflect.ValueOf(ptr).Elem().FieldByName(name)
		p := reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
		old := reflect.ValueOf(p.Interface())
		p.Set(reflect.MakeMap(f.Type()))
		undo = append(undo, func() { p.Set(old) })
	}
	return func() {
		for _, u := range undo {
			u()
		}
	}
}
