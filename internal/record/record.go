// Package record is what a notebook's cells tell the program that runs them:
// claims judged, runs trained or looked up, graphs evaluated without training,
// figures written. Each cell is a process of its own, so they append to one
// file, an event a line, in JSON.
//
// It imports only the standard library, since every notebook cell links it.
package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
)

// Names of the environment variables that a notebook's kernel is given.
const (
	SizeVariable  = "FIELDBOOK_SIZE"   // quick, standard or full
	SeedVariable  = "FIELDBOOK_SEED"   // a whole number from 0
	FreshVariable = "FIELDBOOK_FRESH"  // a time, RFC 3339 with nanoseconds: what was trained before it is trained again; "": nothing
	SlugVariable  = "FIELDBOOK_SLUG"   // the notebook's name in the catalog
	FileVariable  = "FIELDBOOK_RECORD" // the file that Append writes to
)

// Sizes that a notebook can be run at.
const (
	SizeQuick    = "quick"    // shows that every cell runs; claims are not judged
	SizeStandard = "standard" // minutes on two cores; every claim must hold
	SizeFull     = "full"     // the paper's scale
)

// What a notebook is run with where nobody says otherwise.
const (
	DefaultSize = SizeStandard
	DefaultSeed = 0
)

// CheckSize tells whether the size is one of the three.
func CheckSize(size string) error {
	switch size {
	case SizeQuick, SizeStandard, SizeFull:
		return nil
	}
	return fmt.Errorf("size = %q, want %s, %s or %s", size, SizeQuick, SizeStandard, SizeFull)
}

// Claim is one checked statement at a notebook's end.
type Claim struct {
	Name  string   // what is compared, unique in its notebook
	Got   float64  // what the notebook measured
	Op    string   // "<=" or ">="
	Want  float64  // the bound
	Paper string   // what the paper reports, as text; "" if it does not
	Pass  bool     // whether Got Op Want
	Low   *float64 // least value over seeds; nil for one seed
	High  *float64 // greatest value over seeds; nil for one seed
	Seeds int      // number of seeds behind Got; 0 and 1 mean one
}

// Run is one training run that a cell asked for.
type Run struct {
	Key        string  `json:"key"`     // the store's name for it
	Task       string  `json:"task"`    // what was learned
	Backend    string  `json:"backend"` // such as xla:cpu
	Precision  string  `json:"precision"`
	Seconds    float64 `json:"seconds"`     // s, of training
	CPUSeconds float64 `json:"cpu_seconds"` // s, over all cores
	PeakMB     float64 `json:"peak_mb"`     // MB (1e6 bytes), resident
	LookedUp   bool    `json:"looked_up"`   // found in the store, not trained now
}

// Evaluation is what a cell computed on without training. Cells append each kind once.
type Evaluation struct {
	Backend   string `json:"backend"`   // such as xla:cpu
	Precision string `json:"precision"` // of the results
}

// Figure is one figure that a cell wrote.
type Figure struct {
	Path string `json:"path"` // without its suffix, relative to the notebook
}

// Kinds of events.
const (
	KindClaim      = "claim"
	KindRun        = "run"
	KindEvaluation = "evaluation"
	KindFigure     = "figure"
)

// Event is one line of the file: its kind and the value of that kind.
type Event struct {
	Kind       string      `json:"kind"`
	Claim      *Claim      `json:"claim,omitempty"`
	Run        *Run        `json:"run,omitempty"`
	Evaluation *Evaluation `json:"evaluation,omitempty"`
	Figure     *Figure     `json:"figure,omitempty"`
}

// MaxFile is the greatest size in bytes of a file that Read accepts.
const MaxFile = 64 << 20

// validate tells whether the event holds the value of its kind, and no other.
func (e Event) validate() error {
	held := map[string]bool{KindClaim: e.Claim != nil, KindRun: e.Run != nil, KindEvaluation: e.Evaluation != nil, KindFigure: e.Figure != nil}
	known, ok := held[e.Kind]
	if !ok {
		return fmt.Errorf("record: Event.Kind = %q, want %q, %q, %q or %q", e.Kind, KindClaim, KindRun, KindEvaluation, KindFigure)
	}
	count := 0
	for _, set := range held {
		if set {
			count++
		}
	}
	if !known || count != 1 {
		return fmt.Errorf("record: Event of kind %q, want its %s and nothing else", e.Kind, e.Kind)
	}
	return nil
}

// Append writes the event as one line at the end of the file, which it makes
// if there is none. The line is one write to a file opened for appending, so
// that processes may append at the same time.
//
// Errors: an event without the value of its kind; what the file system says.
func Append(path string, e Event) (err error) {
	if err := e.validate(); err != nil {
		return err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// Read returns the events of the file in their order, none if there is no
// such file.
//
// Errors: a line that is no event, with its number; a file above MaxFile.
func Read(path string) ([]Event, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	if info.Size() > MaxFile {
		return nil, fmt.Errorf("record: %s has %d bytes, want at most %d", path, info.Size(), int64(MaxFile))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	var events []Event
	for number, line := range bytes.Split(text, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var e Event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("record: %s line %d: %w", path, number+1, err)
		}
		if err := e.validate(); err != nil {
			return nil, fmt.Errorf("record: %s line %d: %w", path, number+1, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// Number is a float64 whose JSON holds every value: those that JSON has no
// number for are the strings "NaN", "+Inf" and "-Inf".
type Number float64

// MarshalJSON writes the number, or the string for one that is not finite.
func (n Number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return json.Marshal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return json.Marshal(v)
}

// UnmarshalJSON reads what MarshalJSON writes; null is NaN.
func (n *Number) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		*n = Number(math.NaN())
		return nil
	}
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, (*float64)(n))
	}
	var word string
	if err := json.Unmarshal(text, &word); err != nil {
		return err
	}
	switch word {
	case "NaN":
		*n = Number(math.NaN())
	case "+Inf":
		*n = Number(math.Inf(1))
	case "-Inf":
		*n = Number(math.Inf(-1))
	default:
		return fmt.Errorf("record: number %q, want a number, NaN, +Inf or -Inf", word)
	}
	return nil
}

// claimJSON is Claim as JSON: the order of its fields is that of the results'
// files.
type claimJSON struct {
	Name  string  `json:"name"`
	Got   Number  `json:"got"`
	Op    string  `json:"op"`
	Want  Number  `json:"want"`
	Paper string  `json:"paper"`
	Pass  bool    `json:"pass"`
	Low   *Number `json:"low,omitempty"`
	High  *Number `json:"high,omitempty"`
	Seeds int     `json:"seeds,omitempty"`
}

// MarshalJSON writes the claim; values that are not finite become strings.
func (c Claim) MarshalJSON() ([]byte, error) {
	return json.Marshal(claimJSON{
		Name: c.Name, Got: Number(c.Got), Op: c.Op, Want: Number(c.Want), Paper: c.Paper, Pass: c.Pass,
		Low: (*Number)(c.Low), High: (*Number)(c.High), Seeds: c.Seeds,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Claim) UnmarshalJSON(text []byte) error {
	var read claimJSON
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if read.Op != "<=" && read.Op != ">=" {
		return fmt.Errorf("record: Claim.Op = %q, want \"<=\" or \">=\"", read.Op)
	}
	*c = Claim{
		Name: read.Name, Got: float64(read.Got), Op: read.Op, Want: float64(read.Want), Paper: read.Paper, Pass: read.Pass,
		Low: (*float64)(read.Low), High: (*float64)(read.High), Seeds: read.Seeds,
	}
	return nil
}
