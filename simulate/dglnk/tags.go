package dglnk

// keepTags makes the tags of a link that there are none of yet.
func (s *Site) keepTags(l *Link) {
	for _, name := range l.Tags {
		if s.tag(name) == nil {
			s.seed(Tags, s.objects[Tags].last+1, map[string]string{"name": name})
		}
	}
}

func (s *Site) tag(name string) *Object {
	for _, o := range s.objects[Tags].rows {
		if o.Values["name"] == name {
			return o
		}
	}
	return nil
}

func (s *Site) tagIDs(l *Link) []int64 {
	var ids []int64
	for _, name := range l.Tags {
		ids = append(ids, s.tag(name).ID)
	}
	return ids
}

// renameTag follows a tag's new name on the links that have it.
func (s *Site) renameTag(from, to string) {
	for _, l := range s.links {
		for i, name := range l.Tags {
			if name == from {
				l.Tags[i] = to
			}
		}
	}
}
