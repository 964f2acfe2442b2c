package shortener

import (
	"strconv"
	"strings"
)

// remoteSeparator stands in no alias, so that neither visitors nor clients
// reach what has it in its own.
const remoteSeparator = "/"

// NewRemote returns an empty record of a link with the id at another backend.
// In a public campaign it is listed, since the backend knows no such setting. A
// visitor's query goes along to its short URL: what becomes of it there is for
// the backend to say.
func NewRemote(account string, id int64) *Link {
	return &Link{
		Kind:    KindRemote,
		Account: account,
		Alias:   RemoteAlias(account, id),
		Type:    TypeDirect,
		Public:  true,
		Options: Options{ForwardQuery: true},
	}
}

// RemoteAlias is the alias of the account's record of a link with the id.
func RemoteAlias(account string, id int64) string {
	return account + remoteSeparator + strconv.FormatInt(id, 10)
}

// RemoteID is the id at the backend of a link of KindRemote, 0 of another.
func RemoteID(l *Link) int64 {
	if l.Kind != KindRemote {
		return 0
	}
	id, _ := strconv.ParseInt(l.Alias[strings.LastIndex(l.Alias, remoteSeparator)+1:], 10, 64)
	return id
}
