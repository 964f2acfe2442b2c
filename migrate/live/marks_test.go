package live

import "testing"

func TestMarks(t *testing.T) {
	for _, tt := range []struct{ id, want int64 }{
		{1, 1<<39 | 1},
		{1<<38 - 1, 1<<39 | (1<<38 - 1)},
		{1<<39 | 7, 1<<39 | 1<<38 | 7},
		{1<<39 | 1<<38 | 7, 1<<39 | 1<<38 | 1<<37 | 7},
	} {
		got, err := marked(tt.id)
		if err != nil || got != tt.want || unmarked(got) != tt.id {
			t.Errorf("marked(%d) = %d, %v, and back %d; want %d", tt.id, got, err, unmarked(got), tt.want)
		}
	}
	for _, id := range []int64{1 << 38, 1<<39 - 1, 1<<39 | 1<<37, 1 << 40, 1 << 62, -1} {
		if got, err := marked(id); err == nil {
			t.Errorf("marked(%d) = %d; want an error", id, got)
		}
	}
}
