package shortener

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestVerifyPassword(t *testing.T) {
	const password = "open sésame"
	hash, err := HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]bool{password: true, "open sesame": false, "": false, password + "\x00": false} {
		if got, err := VerifyPassword(t.Context(), hash, given); got != want || err != nil {
			t.Errorf("VerifyPassword(%q) = %v, %v; want %v", given, got, err, want)
		}
	}
	parts := strings.Split(hash, "$")
	with := func(i int, s string) string {
		changed := append([]string(nil), parts...)
		changed[i] = s
		return strings.Join(changed, "$")
	}
	for _, corrupt := range []string{
		"", "x", "$", strings.Repeat("$", 5), hash + "$", hash[:len(hash)-1] + "!", "x" + hash,
		with(1, "argon2i"), with(2, "v=16"), with(4, "!"), with(4, "YQ"), with(5, ""), with(5, "YQ"), with(5, strings.Repeat("A", 1000)),
		with(3, ""), with(3, "m=19456,t=2"), with(3, "m=19456,t=2,p=1,x=1"), with(3, "m=19456,t=0,p=1"), with(3, "m=19456,t=2,p=0"), with(3, "m=19456,t=2,p=256"),
		with(3, "m=4294967295,t=2,p=1"), with(3, "m=19456,t=4000000,p=1"), with(3, "m=-1,t=2,p=1"),
		"$2y$10$abcdefghijklmnopqrstuv",
	} {
		if got, err := VerifyPassword(t.Context(), corrupt, password); got || err == nil {
			t.Errorf("VerifyPassword with the hash %q = %v, %v", corrupt, got, err)
		} else if corrupt != "" && strings.Contains(err.Error(), parts[4]) {
			t.Errorf("the error %q tells the hash", err)
		}
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(hashSlots) {
		hashSlots <- struct{}{}
	}
	defer func() {
		for range cap(hashSlots) {
			<-hashSlots
		}
	}()
	if _, err := VerifyPassword(ctx, hash, password); !errors.Is(err, context.Canceled) {
		t.Errorf("VerifyPassword without a slot = %v", err)
	}
}
