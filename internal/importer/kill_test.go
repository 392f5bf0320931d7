package importer_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// The variables by which a test lets this program import a file and nothing else.
const (
	fileVariable   = "FIELDBOOK_TEST_FILE"
	pythonVariable = "FIELDBOOK_TEST_PYTHON"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(fileVariable); path != "" {
		s, err := store.Open("")
		if err == nil {
			_, err = importer.Import(context.Background(), s, path, importer.Options{Name: "killed", Python: os.Getenv(pythonVariable)})
		}
		if err != nil {
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestAKilledImportIsNoneOrWhole kills an import at moments all along its way. After each the set is not there or whole, and importing again
// gives what an import that nobody disturbed gives, and nothing else.
func TestAKilledImportIsNoneOrWhole(t *testing.T) {
	paths := writtenAll(t, [][2]string{
		{"a.npy", `np.save(path, r.normal(size=(8, 1024, 1024)))`},
		{"a.h5", `
with h5py.File(path, "w") as f: f["u"] = r.normal(size=(8, 1024, 1024)).astype("f4"); f["v"] = np.arange(5.0)`},
	})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		clean := openStore(t)
		start := time.Now()
		want := imported(t, clean, path, importer.Options{Name: "killed"})
		took := time.Since(start)
		s := openStore(t)
		none, whole := 0, 0
		for part := range 7 {
			cmd := exec.Command(program)
			cmd.Env = append(os.Environ(), fileVariable+"="+path, pythonVariable+"="+interpreter(t), store.Home+"="+s.Dir())
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(took * time.Duration(part+1) / 5) // the last ones when it is done
			_ = cmd.Process.Kill()                       // it may have ended
			_ = cmd.Wait()                               // that it was killed is no news
			set, err := imports.Find(s, "killed")
			switch {
			case errors.Is(err, store.ErrMissing):
				none++
			case err != nil:
				t.Fatalf("%s killed after %d/5: %v", filepath.Base(path), part+1, err)
			default:
				whole++
				if set.Hash != want.Hash {
					t.Errorf("%s killed after %d/5: hash %s, want %s", filepath.Base(path), part+1, set.Hash, want.Hash)
				}
				for _, a := range set.Arrays {
					values(t, s, set, a.Name) // they are compared with their hashes
				}
				s = openStore(t)
			}
		}
		t.Logf("%s: killed %d times before and %d times after it was there", filepath.Base(path), none, whole)
		if again := imported(t, s, path, importer.Options{Name: "killed"}); again.Hash != want.Hash {
			t.Errorf("%s: hash %s after kills, want %s", filepath.Base(path), again.Hash, want.Hash)
		}
		for _, left := range leftovers(t, s) {
			if strings.Contains(left, ".new-") {
				t.Errorf("%s is left", left)
			}
		}
	}
}
