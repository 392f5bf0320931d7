// Package kinds writes structs with interface fields as JSON and reads them back.
//
// A value behind an interface is written with its kind, as package.Type, so that a task in a run's manifest can be made
// again from an explicit list of what there is:
//
//	{"Model": {"kind": "fno.Model", "settings": {"Width": 32}}, "Recipe": {"kind": "datasets.Burgers", "settings": {…}}}
//
// All else is as encoding/json has it, but that fields which a type does not have are refused.
package kinds

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// part is what stands for a value behind an interface.
type part struct {
	Kind     string          `json:"kind"`
	Settings json.RawMessage `json:"settings"`
}

// Name is a value's kind, as package.Type; a pointer is as what it points to.
func Name(v any) string { return strings.TrimPrefix(fmt.Sprintf("%T", v), "*") }

// Marshal writes v.
//
// Errors: what encoding/json cannot write; a map of interfaces.
func Marshal(v any) ([]byte, error) {
	var w bytes.Buffer
	if err := write(&w, reflect.ValueOf(v)); err != nil {
		return nil, fmt.Errorf("kinds: %s: %w", Name(v), err)
	}
	return w.Bytes(), nil
}

// Decode makes a value of one of the known kinds.
//
// Errors: a kind that is not known; settings that are not this kind's.
func Decode(kind string, settings []byte, known []any) (any, error) {
	for _, k := range known {
		if Name(k) != kind {
			continue
		}
		v := reflect.New(reflect.TypeOf(k))
		if err := read(settings, v.Elem(), known); err != nil {
			return nil, fmt.Errorf("kinds: %s: %w", kind, err)
		}
		return v.Elem().Interface(), nil
	}
	return nil, fmt.Errorf("kinds: %q is unknown, want one of %s", kind, strings.Join(names(known), ", "))
}

func names(known []any) []string {
	out := make([]string, len(known))
	for i, k := range known {
		out[i] = Name(k)
	}
	return out
}

// plain says whether encoding/json does all that is needed for a type. above are the types that it is a part of.
func plain(t reflect.Type, above ...reflect.Type) bool {
	if slices.Contains(above, t) || t.Implements(reflect.TypeFor[json.Marshaler]()) {
		return true
	}
	above = append(above, t)
	switch t.Kind() {
	case reflect.Interface:
		return false
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return plain(t.Elem(), above...)
	case reflect.Struct:
		for i := range t.NumField() {
			if _, _, skip := field(t.Field(i)); !skip && !plain(t.Field(i).Type, above...) {
				return false
			}
		}
	}
	return true
}

// field is a field's name in JSON, and whether it is left out if empty or always.
func field(f reflect.StructField) (name string, omitEmpty, skip bool) {
	tag := f.Tag.Get("json")
	name, options, _ := strings.Cut(tag, ",")
	if name == "" {
		name = f.Name
	}
	return name, strings.Contains(options, "omitempty"), tag == "-" || !f.IsExported()
}

func write(w *bytes.Buffer, v reflect.Value) error {
	if plain(v.Type()) {
		text, err := json.Marshal(v.Interface())
		w.Write(text)
		return err
	}
	if v.Kind() != reflect.Struct && v.Kind() != reflect.Array && v.IsNil() {
		w.WriteString("null")
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		return write(w, v.Elem())
	case reflect.Interface:
		fmt.Fprintf(w, `{"kind":%q,"settings":`, Name(v.Interface()))
		if err := write(w, v.Elem()); err != nil {
			return err
		}
		w.WriteByte('}')
		return nil
	case reflect.Slice, reflect.Array:
		w.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := write(w, v.Index(i)); err != nil {
				return err
			}
		}
		w.WriteByte(']')
		return nil
	case reflect.Struct:
		return writeStruct(w, v)
	}
	return fmt.Errorf("a %s cannot be written with the kinds of what it holds", v.Type())
}

func writeStruct(w *bytes.Buffer, v reflect.Value) error {
	separator := byte('{')
	for i := range v.NumField() {
		name, omitEmpty, skip := field(v.Type().Field(i))
		if skip || omitEmpty && v.Field(i).IsZero() {
			continue
		}
		w.WriteByte(separator)
		separator = ','
		fmt.Fprintf(w, "%q:", name)
		if err := write(w, v.Field(i)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if separator == '{' {
		w.WriteByte('{')
	}
	w.WriteByte('}')
	return nil
}

func read(data []byte, v reflect.Value, known []any) error {
	if plain(v.Type()) {
		return Strict(data, v.Addr().Interface())
	}
	if string(bytes.TrimSpace(data)) == "null" {
		v.SetZero()
		return nil
	}
	switch v.Kind() {
	case reflect.Interface:
		var p part
		if err := Strict(data, &p); err != nil {
			return err
		}
		x, err := Decode(p.Kind, p.Settings, known)
		if err != nil {
			return err
		}
		if !reflect.TypeOf(x).AssignableTo(v.Type()) {
			return fmt.Errorf("%s is no %s", p.Kind, v.Type())
		}
		v.Set(reflect.ValueOf(x))
		return nil
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return read(data, v.Elem(), known)
	case reflect.Slice:
		var parts []json.RawMessage
		if err := Strict(data, &parts); err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
		for i, p := range parts {
			if err := read(p, v.Index(i), known); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	case reflect.Struct:
		return readStruct(data, v, known)
	}
	return fmt.Errorf("a %s cannot be read with the kinds of what it holds", v.Type())
}

func readStruct(data []byte, v reflect.Value, known []any) error {
	var parts map[string]json.RawMessage
	if err := Strict(data, &parts); err != nil {
		return err
	}
	for i := range v.NumField() {
		name, _, skip := field(v.Type().Field(i))
		p, ok := parts[name]
		if skip || !ok {
			continue
		}
		if err := read(p, v.Field(i), known); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		delete(parts, name)
	}
	for name := range parts {
		return fmt.Errorf("field %q is unknown to a %s", name, v.Type())
	}
	return nil
}

// Strict decodes one JSON value and refuses fields that v does not have, and anything after the value.
func Strict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("there is more after the JSON value")
	}
	return nil
}
