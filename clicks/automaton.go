package clicks

// automaton finds many words in a text in one pass (Aho and Corasick, 1975).
// ASCII letters are equal in either case.
type automaton struct {
	// class numbers the bytes that occur in words, from 1; all others are 0.
	class   [256]uint8
	classes int
	// next is the state after a state and a class, at state*classes+class.
	next []uint16
	// words are the numbers of the words that end in a state.
	words [][]uint16
}

// newAutomaton takes words in lower case.
func newAutomaton(words []string) *automaton {
	a := &automaton{classes: 1}
	for _, word := range words {
		for i := range len(word) {
			if c := word[i]; a.class[c] == 0 {
				a.class[c] = uint8(a.classes) //nolint:gosec // There are not that many bytes in words.
				a.classes++
			}
		}
	}
	for c := byte('A'); c <= 'Z'; c++ {
		a.class[c] = a.class[c|0x20]
	}
	a.addState()
	for number, word := range words {
		state := 0
		for i := range len(word) {
			edge := state*a.classes + int(a.class[word[i]])
			if a.next[edge] == 0 {
				a.next[edge] = a.addState()
			}
			state = int(a.next[edge])
		}
		a.words[state] = append(a.words[state], uint16(number))
	}
	a.link()
	return a
}

func (a *automaton) addState() uint16 {
	a.next = append(a.next, make([]uint16, a.classes)...)
	a.words = append(a.words, nil)
	return uint16(len(a.words) - 1) //nolint:gosec // A few thousand.
}

// link fills in where a state goes on with a byte that its word does not: to
// the longest end of what was read that begins another word.
func (a *automaton) link() {
	suffix := make([]int, len(a.words))
	var queue []int
	for c := range a.classes {
		if s := int(a.next[c]); s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		a.words[state] = append(a.words[state], a.words[suffix[state]]...)
		for c := range a.classes {
			edge := state*a.classes + c
			other := a.next[suffix[state]*a.classes+c]
			if s := int(a.next[edge]); s != 0 {
				suffix[s] = int(other)
				queue = append(queue, s)
			} else {
				a.next[edge] = other
			}
		}
	}
}

// find calls found with the number of each word in the text and where it ends,
// until that returns false.
func (a *automaton) find(text string, found func(word uint16, end int) bool) {
	state := 0
	for i := range len(text) {
		state = int(a.next[state*a.classes+int(a.class[text[i]])])
		for _, word := range a.words[state] {
			if !found(word, i+1) {
				return
			}
		}
	}
}
