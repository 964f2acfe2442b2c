package caddymodule_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// blocks returns the README's code blocks of a language.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(readFile(t, "../README.md")), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("the README has no %s", language)
	}
	return found
}

// TestREADME_Caddyfiles adapts and provisions every Caddyfile that people are
// shown.
func TestREADME_Caddyfiles(t *testing.T) {
	for _, name := range []string{"MMKR_KEY", "WORDPRESS_KEY", "DGLNK_TOKEN", "SHOP_KEY"} {
		t.Setenv(name, "a-key-0123456789-"+name)
	}
	files := append(blocks(t, "caddyfile"), string(readFile(t, "../Caddyfile.example")))
	for i, file := range files {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			checkCaddyfile(t, file)
		})
	}
}

// checkCaddyfile wants a page's Caddyfile to be formatted and to work.
func checkCaddyfile(t *testing.T, file string) {
	t.Helper()
	if got := string(caddyfile.Format([]byte(file))); got != file {
		t.Errorf("not formatted; want\n%s", got)
	}
	config, err := adapt(file)
	if err != nil {
		t.Fatal(err)
	}
	var cfg caddy.Config
	if err := json.Unmarshal(config, &cfg); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Validate(&cfg); err != nil {
		t.Error(err)
	}
}

// TestREADME_Session runs the curl lines of the README against
// Caddyfile.example, and compares what they print.
func TestREADME_Session(t *testing.T) {
	example := strings.ReplaceAll(string(readFile(t, "../Caddyfile.example")), "http://localhost:8080", "http://localhost:{{port}}")
	p := newProgram(t, strings.Replace(example, "{\n", "{\n\tadmin off\n", 1))
	p.base = "http://localhost:" + p.port
	p.serve()
	key := strings.TrimSpace(string(readFile(t, p.dir, "data", "linkquay.key")))
	ran := 0
	for _, command := range strings.Split(blocks(t, "console")[0], "$ ")[1:] {
		line, want, _ := strings.Cut(command, "\n")
		if !strings.HasPrefix(line, "curl ") {
			continue
		}
		ran++
		r, head := parseCurl(t, strings.NewReplacer("$KEY", key, "http://localhost:8080", p.base).Replace(line))
		a := p.send(r)
		got := a.Body
		if head {
			got = fmt.Sprintf("HTTP/1.1 %d %s\n", a.Status, http.StatusText(a.Status))
			for name, values := range a.Header {
				got += name + ": " + values[0] + "\n"
			}
		}
		got = strings.ReplaceAll(strings.ToLower(got), strings.ToLower(p.base), "http://localhost:8080")
		for _, expected := range strings.Split(strings.TrimSpace(want), "\n") {
			if !strings.Contains(got, strings.ToLower(expected)) {
				t.Errorf("%s\nprints\n%s\nwithout\n%s", line, got, expected)
			}
		}
	}
	if ran < 7 {
		t.Errorf("%d curl lines were run; want all 7", ran)
	}
}

var shellWord = regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`)

// parseCurl turns a curl line of the README into the request that curl sends.
func parseCurl(t *testing.T, line string) (r *http.Request, head bool) {
	t.Helper()
	method, target, body := "", "", ""
	header := http.Header{}
	var words []string
	for _, m := range shellWord.FindAllStringSubmatch(line, -1) {
		words = append(words, m[1]+m[2]+m[3])
	}
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-i":
			head = true
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			body = words[i]
			header.Set("Content-Type", "application/x-www-form-urlencoded") // as curl does
		default:
			if target != "" {
				t.Fatalf("%q in %s", words[i], line)
			}
			target = words[i]
		}
	}
	if method == "" && body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	return r, head
}

// TestREADME_Options: every option that the parsers know has its row, and so
// does every JSON name.
func TestREADME_Options(t *testing.T) {
	readme := string(readFile(t, "../README.md"))
	golden := string(readFile(t, "../testdata/caddyfile_adapt/app-all-options.caddyfiletest"))
	input, output, _ := strings.Cut(golden, separator)
	for _, m := range regexp.MustCompile(`(?m)^\t{2,3}([a-z_]+)`).FindAllStringSubmatch(input, -1) {
		if !strings.Contains(readme, "| `"+m[1]) {
			t.Errorf("the option table has no row for %s", m[1])
		}
	}
	var config struct {
		Apps struct{ Linkquay map[string]any }
	}
	if err := json.Unmarshal([]byte(output), &config); err != nil {
		t.Fatal(err)
	}
	for _, name := range settingNames(config.Apps.Linkquay) {
		if !strings.Contains(readme, name) {
			t.Errorf("the option tables do not name %s", name)
		}
	}
}

// settingNames lists the names of settings in a configuration, without the
// names that operators give.
func settingNames(settings map[string]any) (names []string) {
	for name, value := range settings {
		names = append(names, name)
		inner, ok := value.(map[string]any)
		switch {
		case !ok || name == "domain_ids" || name == "dialects" || name == "channels" || name == "campaigns":
		case name == "adopt" || name == "backends" || name == "keys":
			for _, named := range inner {
				names = append(names, settingNames(named.(map[string]any))...)
			}
		default:
			names = append(names, settingNames(inner)...)
		}
	}
	return names
}

// TestXcaddy: xcaddy.json is what xcaddy's Builder reads, and builds the Caddy
// that go.mod names.
func TestXcaddy(t *testing.T) {
	var builder struct {
		CaddyVersion string `json:"caddy_version"`
		Plugins      []struct {
			ModulePath string `json:"module_path"`
			Version    string `json:"version"`
		} `json:"plugins"`
		Replacements []struct{ Old, New string } `json:"replacements"`
		BuildFlags   string                      `json:"build_flags"`
	}
	d := json.NewDecoder(strings.NewReader(string(readFile(t, "../xcaddy.json"))))
	d.DisallowUnknownFields()
	if err := d.Decode(&builder); err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`caddyserver/caddy/v2 (v\S+)`).FindStringSubmatch(string(readFile(t, "../go.mod"))); m == nil || m[1] != builder.CaddyVersion {
		t.Errorf("caddy_version = %s; go.mod says %v", builder.CaddyVersion, m)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("no build info")
	}
	if len(builder.Plugins) != 1 || builder.Plugins[0].ModulePath != info.Main.Path+"/caddymodule" {
		t.Errorf("plugins = %+v; want %s/caddymodule", builder.Plugins, info.Main.Path)
	}
	if len(builder.Replacements) != 1 || builder.Replacements[0].Old != info.Main.Path {
		t.Fatalf("replacements = %+v", builder.Replacements)
	}
	if _, err := os.Stat("../" + builder.Replacements[0].New + "/go.mod"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(string(readFile(t, "../README.md")), "xcaddy build "+builder.CaddyVersion) {
		t.Error("the README builds another Caddy")
	}
}

// TestModules: the binary has every module that the documentation names.
func TestModules(t *testing.T) {
	p := newProgram(t, "")
	list, err := p.run("list-modules")
	if err != nil {
		t.Fatalf("%v: %s", err, list)
	}
	for _, id := range []string{
		"linkquay", "http.handlers.linkquay", "linkquay.adapters.gempixel", "linkquay.adapters.dglnk", "linkquay.dialects.gempixel",
		"linkquay.dialects.gempixelv1", "linkquay.dialects.dglnk", "linkquay.dialects.yourls", "admin.api.linkquay",
	} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(id) + `$`).MatchString(list) {
			t.Errorf("list-modules lacks %s", id)
		}
	}
}

// TestExample_AccessLog looks for the secrets of requests in the access log that
// Caddyfile.example ships.
func TestExample_AccessLog(t *testing.T) {
	example := string(readFile(t, "../Caddyfile.example"))
	example = strings.ReplaceAll(example, "http://localhost:8080", "http://localhost:{{port}}")
	example = strings.Replace(example, "\tlog {", "\tlog {\n\t\toutput file {{dir}}/access.log", 1)
	p := newProgram(t, strings.Replace(example, "{\n", "{\n\tadmin off\n", 1))
	p.base = "http://localhost:" + p.port
	p.serve()
	key := strings.TrimSpace(string(readFile(t, p.dir, "data", "linkquay.key")))
	p.do("POST", "/api/files/upload/a.txt?name=visible&password=secret-of-the-file", key, "x")
	secrets := url.Values{"url": {"https://example.com/seen"}}
	for _, name := range []string{"key", "api", "api_token", "signature", "pass", "password"} {
		secrets.Set(name, key)
	}
	for _, path := range []string{"/api", "/api/urls", "/api/details", "/api/links/create", "/yourls-api.php"} {
		p.do("GET", path+"?"+secrets.Encode(), "", "")
	}
	// However a client writes what a dialect takes as a key.
	for _, query := range []string{
		"%6bey=" + key, "key=x&key=" + key + "&key=" + key, "a=%zz&signature=" + key, "a;b&p%61ss=" + key, "url=https://example.com/#here&api_token=" + key,
		"url=https://example.com/%23here&signature=" + key, "&&api=" + key, "key=%zz" + key, "signature=" + key + ";", "password=" + key + "#",
	} {
		p.ask("GET", "/api?"+query, "", "", "")
		p.ask("GET", "/yourls-api.php?"+query, "", "", "")
	}
	p.do("GET", "/api/health?last", "", "")
	eventually(t, "the request is logged", func() bool {
		log, _ := os.ReadFile(filepath.Join(p.dir, "access.log"))
		return strings.Contains(string(log), "health?last")
	})
	log := string(readFile(t, p.dir, "access.log"))
	if strings.Contains(log, "secret-of-the-file") || strings.Contains(log, key) || !strings.Contains(log, "password=REDACTED") || !strings.Contains(log, "name=visible") {
		t.Errorf("the access log shows a secret:\n%s", log)
	}
}

// uncomment takes the comment signs from a block of the example that begins
// with the line.
func uncomment(t *testing.T, example, line string) string {
	t.Helper()
	lines := strings.Split(example, "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.TrimLeft(l, "\t") == "#"+line })
	if i < 0 {
		t.Fatalf("the example has no commented line %q", line)
	}
	indent, _, _ := strings.Cut(lines[i], "#")
	for ; i < len(lines); i++ {
		last := lines[i] == indent+"#}"
		lines[i] = indent + strings.TrimPrefix(lines[i], indent+"#")
		if last {
			return strings.Join(lines, "\n")
		}
	}
	t.Fatalf("the block %q has no end", line)
	return ""
}
