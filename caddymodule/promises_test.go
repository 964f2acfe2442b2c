package caddymodule_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestOneOutboundClient: nothing but the upstream client and the guarded one
// makes outbound HTTP connections, so that no client text can lead one anywhere.
func TestOneOutboundClient(t *testing.T) {
	forbidden := map[string]map[string]bool{
		"net/http": {
			"Client": true, "Transport": true, "DefaultClient": true, "DefaultTransport": true,
			"Get": true, "Head": true, "Post": true, "PostForm": true,
		},
		"net":                         {"Dial": true, "DialTimeout": true, "Dialer": true, "DialTCP": true},
		"github.com/valyala/fasthttp": nil, // not to be imported at all
	}
	inspectGo(t, func(path string, file *ast.File) {
		if strings.HasPrefix(path, "adapters/upstream/") || strings.HasPrefix(path, "guard/") || strings.HasPrefix(path, "bench/") || strings.HasPrefix(path, "adapters/adaptertest/") {
			return
		}
		names := map[string]map[string]bool{}
		for _, imported := range file.Imports {
			name := strings.Trim(imported.Path.Value, `"`)
			members, watched := forbidden[name]
			if watched && members == nil {
				t.Errorf("%s imports %s", path, name)
			}
			names[name[strings.LastIndex(name, "/")+1:]] = members
		}
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := selector.X.(*ast.Ident); ok && names[pkg.Name][selector.Sel.Name] {
				t.Errorf("%s uses %s.%s", path, pkg.Name, selector.Sel.Name)
			}
			return true
		})
	})
}

// TestImportsPointOneWay holds the direction of imports: only this package and
// the commands know Caddy, and no adapter knows another.
func TestImportsPointOneWay(t *testing.T) {
	const module = "github.com/linkquay/linkquay/"
	// What a folder may not import, of Linkquay's own.
	never := map[string][]string{
		"api/":       {""},
		"openapi/":   {"adapters", "dialects", "gateway", "store", "shortener", "keys", "caddymodule"},
		"translate/": {"adapters", "dialects", "gateway", "store", "shortener", "keys", "caddymodule"},
		"shortener/": {"adapters", "dialects", "gateway", "store", "keys", "caddymodule"},
		"visitors/":  {"adapters", "dialects", "gateway", "store", "caddymodule"},
		"clicks/":    {"adapters", "dialects", "gateway", "store", "shortener", "visitors", "caddymodule"},
		"dialects/":  {"adapters", "gateway", "store", "shortener", "caddymodule"},
		"adapters/":  {"dialects", "gateway", "store", "caddymodule"},
		"gateway/":   {"store", "shortener", "caddymodule"},
		"keys/":      {"adapters", "dialects", "gateway", "store", "shortener", "caddymodule"},
	}
	inspectGo(t, func(path string, file *ast.File) {
		for _, imported := range file.Imports {
			name := strings.Trim(imported.Path.Value, `"`)
			if strings.HasPrefix(name, "github.com/caddyserver/") &&
				!strings.HasPrefix(path, "caddymodule/") && !strings.HasPrefix(path, "cmd/") {
				t.Errorf("%s imports Caddy", path)
			}
			own, ok := strings.CutPrefix(name, module)
			if !ok {
				continue
			}
			for folder, others := range never {
				for _, other := range others {
					if strings.HasPrefix(path, folder) && strings.HasPrefix(own, other) {
						t.Errorf("%s imports %s", path, own)
					}
				}
			}
			for _, vendor := range []string{"native", "gempixel", "dglnk"} {
				if strings.HasPrefix(path, "adapters/") && own == "adapters/"+vendor && !strings.HasPrefix(path, own+"/") {
					t.Errorf("%s imports %s", path, own)
				}
			}
		}
	})
}

// inspectGo calls f with every Go file that is no test.
func inspectGo(t *testing.T, f func(path string, file *ast.File)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		files++
		f(filepath.ToSlash(strings.TrimPrefix(path, ".."+string(filepath.Separator))), file)
		return nil
	})
	if err != nil || files < 50 {
		t.Fatalf("%d files: %v", files, err)
	}
}
