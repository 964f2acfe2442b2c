package gempixel

type account struct {
	id       int
	name     string
	email    string
	password string
}

func (c *call) getAccount() (reply, error) {
	return reply{"data": reply{
		"id": c.account.id, "email": c.account.email, "username": c.account.name,
		"avatar": c.base + "/content/avatar.png", "status": "pro",
		"expires": c.now.AddDate(1, 0, 0).Format(timeLayout), "registered": "2020-11-10 18:01:43",
	}}, nil
}

func (c *call) updateAccount() (reply, error) {
	if email := text(c.sent["email"]); email != "" {
		c.account.email = email
	}
	if password := text(c.sent["password"]); password != "" {
		c.account.password = password
	}
	return reply{"message": "Account has been successfully updated."}, nil
}
