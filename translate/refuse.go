package translate

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// secret is the one field of the contract whose value is never repeated.
const secret = "password"

// Named refuses a field and names its value where that is a scalar. An empty
// array or object asks for nothing and is not refused.
func Named(p *Pass, v gjson.Result) {
	if !v.IsArray() && !v.IsObject() {
		value := v.String()
		if p.field == secret {
			value = ""
		}
		p.Refuse("", value)
		return
	}
	if !empty(v) {
		p.Refuse("", "")
	}
}

// NamedEach refuses each element of an array of objects and names its member
// called name.
func NamedEach(name string) Func {
	return func(p *Pass, v gjson.Result) {
		i := 0
		v.ForEach(func(_, element gjson.Result) bool {
			p.Refuse("["+strconv.Itoa(i)+"]."+name, Member(element, name).String())
			i++
			return true
		})
	}
}

// Member returns the value of the object's member, the first of that name. The
// name is taken as it is: none of its characters has a meaning of its own.
func Member(object gjson.Result, name string) gjson.Result {
	var found gjson.Result
	object.ForEach(func(key, v gjson.Result) bool {
		if key.String() == name {
			found = v
			return false
		}
		return true
	})
	return found
}

func empty(v gjson.Result) bool {
	none := true
	v.ForEach(func(_, _ gjson.Result) bool {
		none = false
		return false
	})
	return none
}
