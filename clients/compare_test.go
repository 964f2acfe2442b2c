package clients_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// differences says where got lacks a member of want, or has another value than
// it. "*" is any value but none.
func differences(path string, want, got gjson.Result) (found []string) {
	switch {
	case !got.Exists():
		return []string{fmt.Sprintf("%s is missing", path)}
	case want.IsObject():
		want.ForEach(func(name, value gjson.Result) bool {
			found = append(found, differences(path+"."+name.Str, value, got.Get(gjson.Escape(name.Str)))...)
			return true
		})
	case want.IsArray():
		for i, value := range want.Array() {
			found = append(found, differences(fmt.Sprintf("%s.%d", path, i), value, got.Get(fmt.Sprint(i)))...)
		}
		if n, m := len(got.Array()), len(want.Array()); n != m {
			found = append(found, fmt.Sprintf("%s has %d entries; want %d", path, n, m))
		}
	case want.Str == "*" && got.Type != gjson.Null && got.Raw != `""`:
	case want.Type != got.Type || want.String() != got.String():
		return []string{fmt.Sprintf("%s = %s; want %s", path, got.Raw, want.Raw)}
	}
	return found
}

// counted are the members whose own members depend on what was asked for.
var counted = []string{"location", "device", "topCountries", "topReferrers", "topBrowsers", "topOs"}

// absent returns the paths of the members of want that got does not have; of
// rows, each must have what any printed row has.
func absent(path string, want, got gjson.Result) (paths []string) {
	switch {
	case want.IsArray():
		rows := got.Array()
		if len(rows) == 0 {
			return []string{path + ": row"}
		}
		for _, w := range want.Array() {
			for i, row := range rows {
				paths = append(paths, absent(fmt.Sprintf("%s[%d]", path, i), w, row)...)
			}
		}
	case want.IsObject():
		want.ForEach(func(name, value gjson.Result) bool {
			at := strings.TrimPrefix(path+"."+name.Str, ".")
			switch own := got.Get(gjson.Escape(name.Str)); {
			case !own.Exists():
				paths = append(paths, at)
			case !slices.Contains(counted, name.Str):
				paths = append(paths, absent(at, value, own)...)
			}
			return true
		})
	}
	return paths
}
