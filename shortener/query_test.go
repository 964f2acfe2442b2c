package shortener

import (
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNewTarget_URL(t *testing.T) {
	aff := []Parameter{{"aff", "3 & 4"}}
	for _, c := range []struct {
		url        string
		parameters []Parameter
		want       string
	}{
		{"https://example.com/a%2Fb?x[]=1&y=%20#z", nil, "https://example.com/a%2Fb?x[]=1&y=%20#z"},
		{"https://example.com", aff, "https://example.com?aff=3+%26+4"},
		{"https://example.com/?", aff, "https://example.com/?aff=3+%26+4"},
		{"https://example.com/?a=1&", aff, "https://example.com/?a=1&aff=3+%26+4"},
		{"https://example.com/?a=1#top?", aff, "https://example.com/?a=1&aff=3+%26+4#top?"},
		{"https://example.com/#/spa?x", aff, "https://example.com/?aff=3+%26+4#/spa?x"},
		{"https://예시.kr/길?q=é", nil, "https://xn--vv4b11d.kr/%EA%B8%B8?q=%C3%A9"},
		{"https://user@예시.kr:8443", nil, "https://user@xn--vv4b11d.kr:8443"},
		{"https://example.com/a b\r\nX-Evil: 1", nil, "https://example.com/a%20b%0D%0AX-Evil:%201"},
		{"mailto:누구@example.com", nil, "mailto:%EB%88%84%EA%B5%AC@example.com"},
	} {
		l := &Link{URL: c.url, Type: TypeDirect, Options: Options{Parameters: c.parameters}}
		if got := NewTarget(l).URL; got != c.want {
			t.Errorf("NewTarget(%q).URL = %q; want %q", c.url, got, c.want)
		}
	}
}

func TestWithQuery(t *testing.T) {
	for _, c := range []struct{ destination, query, want string }{
		{"https://example.com", "a=1", "https://example.com?a=1"},
		{"https://example.com/?", "a=1", "https://example.com/?a=1"},
		{"https://example.com/?b=2#c", "a=1", "https://example.com/?b=2&a=1#c"},
		{"https://example.com/#c?a=9", "a=1", "https://example.com/?a=1#c?a=9"},
		{"https://example.com/?a=1", "a=2&b=3&a=4", "https://example.com/?a=1&b=3"},
		{"https://example.com/?a", "a=2", "https://example.com/?a"},
		{"https://example.com/?utm_source=x", "utm%5Fsource=y", "https://example.com/?utm_source=x"},
		{"https://example.com/?utm%5fsource=x", "utm_source=y", "https://example.com/?utm%5fsource=x"},
		{"https://example.com/?a=1", "A=2", "https://example.com/?a=1&A=2"},
		{"https://example.com", "x[]=1&x[]=2&x%5B%5D=3", "https://example.com?x[]=1&x[]=2&x%5B%5D=3"},
		{"https://example.com", "a;b=1;c&=empty&flag&k=", "https://example.com?a;b=1;c&=empty&flag&k="},
		{"https://example.com", "a=%zz&%=1&%e9=2&a+b=%20", "https://example.com?a=%zz&%=1&%e9=2&a+b=%20"},
		{"https://example.com", "a==b?c/d", "https://example.com?a==b?c/d"},
		{"https://example.com", "a=1#b", "https://example.com?a=1%23b"},
		{"https://example.com", "a=é \x01", "https://example.com?a=%C3%A9%20%01"},
		{"https://example.com", "&&a=1&&", "https://example.com?a=1"},
		{"https://example.com", "password=x&Password=y&pass%77ord=z", "https://example.com"},
		{"https://example.com", "lq_scan=1&LQ_x&a=1", "https://example.com?a=1"},
		{"https://example.com", "&", "https://example.com"},
	} {
		if got := withQuery(c.destination, c.query); got != c.want {
			t.Errorf("withQuery(%q, %q) = %q; want %q", c.destination, c.query, got, c.want)
		}
	}
}

// TestMerge_LosesNothing: what the destination had stays in front byte for byte,
// every parameter of the link is there, and every one of the visitor whose name
// was free.
func TestMerge_LosesNothing(t *testing.T) {
	name := rapid.StringMatching(`[a-zé%&=\[\];+ ]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		base := "https://example.com/" + rapid.StringMatching(`(\?[a-z=&%;\[\]]{0,20})?`).Draw(t, "query")
		fragment := rapid.StringMatching(`(#[a-z?&=/#]{0,9})?`).Draw(t, "fragment")
		var parameters []Parameter
		for range rapid.IntRange(0, 4).Draw(t, "parameters") {
			parameters = append(parameters, Parameter{name.Draw(t, "name"), rapid.String().Draw(t, "value")})
		}
		visitor := url.Values{}
		for range rapid.IntRange(0, 4).Draw(t, "visitors") {
			visitor.Add("v_"+name.Draw(t, "visitor's name"), rapid.String().Draw(t, "visitor's value"))
		}
		got := withQuery(withParameters(base+fragment, parameters), visitor.Encode())
		if !strings.HasPrefix(got, base) || !strings.HasSuffix(got, fragment) {
			t.Fatalf("%q neither begins with %q nor ends with %q", got, base, fragment)
		}
		query := strings.TrimSuffix(strings.TrimPrefix(got, base), fragment)
		q, err := url.ParseQuery(strings.TrimLeft(query, "?&"))
		if err != nil {
			t.Fatalf("%q cannot be read: %v", query, err)
		}
		for _, p := range parameters {
			if values := q[p.Name]; len(values) == 0 || !contains(values, p.Value) {
				t.Errorf("%q lost %q=%q", got, p.Name, p.Value)
			}
		}
		for k, values := range visitor {
			if _, own := q[k]; strings.Join(q[k], "\x00") != strings.Join(values, "\x00") && own == false {
				t.Errorf("%q lost the visitor's %q", got, k)
			}
		}
	})
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func isLocation(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}

func FuzzWithParameters(f *testing.F) {
	f.Add("https://example.com/?a=1#b", "x[]", "1&2", "x[]=3&a;b")
	f.Add("https://예시.kr?", "", "", "%zz=#")
	f.Add(" ://", "", "", "0")
	f.Add("mailto:a@b", "subject", "é", "\x00\xff")
	f.Fuzz(func(t *testing.T, destination, name, value, query string) {
		got := withParameters(destination, []Parameter{{name, value}})
		rest, fragment, has := strings.Cut(destination, "#")
		if !strings.HasPrefix(got, rest) || has && !strings.HasSuffix(got, "#"+fragment) {
			t.Errorf("withParameters(%q) = %q", destination, got)
		}
		got = withQuery(Location(got), query)
		if !isLocation(got) {
			t.Errorf("withQuery(%q, %q) = %q, which no header can carry", destination, query, got)
		}
		if n := strings.Count(got, "#"); n > strings.Count(destination, "#") {
			t.Errorf("withQuery(%q, %q) = %q has another fragment", destination, query, got)
		}
	})
}

func FuzzLocation(f *testing.F) {
	for _, s := range []string{
		"https://예시.kr/길?q=é#ü", "https://user:pass@예시.kr:80", "https://[::1]:80/é", "://é", "mailto:é@é", "https://\xff/", "https://ａ。ｂ/", "https://é:é/", "a b://c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, destination string) {
		got := Location(destination)
		if !isLocation(got) {
			t.Errorf("Location(%q) = %q, which no header can carry", destination, got)
		}
		if isLocation(destination) && got != destination {
			t.Errorf("Location(%q) = %q changes what could stay", destination, got)
		}
		if again := Location(got); again != got {
			t.Errorf("Location(%q) = %q, and again %q", destination, got, again)
		}
	})
}
