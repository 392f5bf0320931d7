package catalog

import (
	"encoding/json"
	"fmt"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/imagefiles"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/cnn"
	"github.com/fieldbook-go/fieldbook/operators/deeponet"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Kinds returns a value of every type that a run's manifest may name: tasks, models and recipes.
func Kinds() []any {
	list := []any{
		operators.Pairs{},
		operators.Autoregressive{},
		fno.Model{},
		cnn.Model{},
		deeponet.Model{},
		datasets.Imported{},
		imagefiles.Folder{},
	}
	list = append(append(list, pinnsKinds()...), diffusionKinds()...)
	seen := map[string]bool{}
	for _, r := range Recipes() { // several may be of one type
		if kind := kinds.Name(r.Default); !seen[kind] {
			seen[kind] = true
			list = append(list, r.Default)
		}
	}
	return list
}

// OpenTask makes a task again from its name and its settings in a run's manifest.
//
// Errors: a task, a model or a recipe that is not listed here, such as one declared in a notebook's cell; settings that
// this version of its type does not have, or refuses.
func OpenTask(name string, settings json.RawMessage) (zoo.Task, error) {
	v, err := kinds.Decode(name, settings, Kinds())
	if err != nil {
		return nil, fmt.Errorf("catalog: task %s: %w", name, err)
	}
	task, ok := v.(zoo.Task)
	if !ok {
		return nil, fmt.Errorf("catalog: %s is no task", name)
	}
	return task, task.Validate()
}
