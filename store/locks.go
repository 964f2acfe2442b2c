package store

// forReference returns the end of a SELECT that keeps the rows from being
// deleted until the job ends, and lets others change and refer to them.
func (s *session) forReference() string {
	if !s.dialect.lockRows {
		return ""
	}
	return " FOR KEY SHARE"
}

// lockKey keeps other jobs that ask for the same key waiting until this one
// ends. It is for what has no row to lock yet.
func (s *session) lockKey(key int64) error {
	if !s.dialect.lockRows {
		return nil
	}
	_, err := s.exec("SELECT pg_advisory_xact_lock(?)", key)
	return err
}
