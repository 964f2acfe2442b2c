package files

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDir_Claim(t *testing.T) {
	folder := t.TempDir()
	d, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 2 {
		if err := d.Claim("one"); err != nil {
			t.Fatalf("its own folder: %v", err)
		}
	}
	if err := d.Claim("two"); err == nil {
		t.Error("the folder of another database was claimed")
	}
	if err := d.Adopt("two"); err != nil {
		t.Fatal(err)
	}
	if err := d.Claim("one"); err == nil {
		t.Error("the folder is still the first one's")
	}
	if err := os.WriteFile(filepath.Join(folder, ownerName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Claim("three"); err != nil {
		t.Errorf("after a claim that was cut short: %v", err)
	}
}
