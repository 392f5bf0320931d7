package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestReadTestEvents(t *testing.T) {
	const pass = `{"Action":"start","Package":"m/a"}
{"Action":"run","Package":"m/a","Test":"TestX"}
{"Action":"output","Package":"m/a","Test":"TestX","Output":"=== RUN   TestX\n"}
{"Action":"output","Package":"m/a","Test":"TestX","Output":"chatter\n"}
{"Action":"output","Package":"m/a","Test":"TestX","Output":"--- PASS: TestX (0.00s)\n"}
{"Action":"pass","Package":"m/a","Test":"TestX","Elapsed":0}
{"Action":"skip","Package":"m/a","Test":"TestY","Elapsed":0}
{"Action":"output","Package":"m/a","Output":"PASS\n"}
{"Action":"output","Package":"m/a","Output":"ok  \tm/a\t0.012s\n"}
{"Action":"pass","Package":"m/a","Elapsed":0.012}
`
	const fail = `{"Action":"output","Package":"m/b","Test":"TestZ/sub","Output":"=== RUN   TestZ/sub\n"}
{"Action":"output","Package":"m/b","Test":"TestZ/sub","Output":"    z_test.go:9: got 1, want 2\n"}
{"Action":"output","Package":"m/b","Test":"TestZ/sub","Output":"    --- FAIL: TestZ/sub (0.00s)\n"}
{"Action":"fail","Package":"m/b","Test":"TestZ/sub","Elapsed":0}
{"Action":"output","Package":"m/b","Test":"TestZ","Output":"--- FAIL: TestZ (0.00s)\n"}
{"Action":"fail","Package":"m/b","Test":"TestZ","Elapsed":0}
{"Action":"output","Package":"m/b","Output":"FAIL\n"}
{"Action":"output","Package":"m/b","Output":"FAIL\tm/b\t0.010s\n"}
{"Action":"fail","Package":"m/b","Elapsed":0.01}
`
	const build = `{"ImportPath":"m/c","Action":"build-output","Output":"c/c.go:3:1: undefined: x\n"}
{"ImportPath":"m/c","Action":"build-fail"}
{"Action":"output","Package":"m/c","Output":"FAIL\tm/c [build failed]\n"}
{"Action":"fail","Package":"m/c","Elapsed":0,"FailedBuild":"m/c"}
`
	for _, c := range []struct {
		name, events string
		counts       string
		prints       []string
		hides        []string
	}{
		{"passed", pass, "1 passed, 0 failed, 1 skipped", []string{"ok  \tm/a\t0.012s\n"}, []string{"chatter", "=== RUN", "PASS"}},
		{"failed", fail, "0 passed, 2 failed", []string{"got 1, want 2", "--- FAIL: TestZ/sub", "--- FAIL: TestZ ", "FAIL\tm/b\t0.010s\n"}, []string{"=== RUN"}},
		{"does not compile", build, "0 passed, 1 failed", []string{"undefined: x", "FAIL\tm/c [build failed]\n"}, nil},
		{"all of them", pass + fail + build, "1 passed, 3 failed, 1 skipped", []string{"ok  \tm/a", "FAIL\tm/b", "FAIL\tm/c"}, []string{"chatter"}},
		{"not JSON", "a stray line\n" + pass, "1 passed, 0 failed, 1 skipped", []string{"a stray line\n"}, nil},
		{"nothing", "", "0 passed, 0 failed", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			counts, err := readTestEvents(strings.NewReader(c.events), &out)
			if err != nil || counts.String() != c.counts {
				t.Errorf("counts = %q, %v; want %q", counts, err, c.counts)
			}
			for _, part := range c.prints {
				if !strings.Contains(out.String(), part) {
					t.Errorf("printed %q, want %q in it", out.String(), part)
				}
			}
			for _, part := range c.hides {
				if strings.Contains(out.String(), part) {
					t.Errorf("printed %q, want no %q in it", out.String(), part)
				}
			}
		})
	}
}
