//! A browser: it keeps the cookie and sends the pages' forms.

use axum::body::Body;
use axum::http::Request;
use fapilog_market::queries::users;

use crate::world::{Answer, World};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery staple";

pub struct Browser<'w> {
    world: &'w World,
    pub cookie: Option<String>,
    pub name: String,
}

impl<'w> Browser<'w> {
    pub fn new(world: &'w World) -> Self {
        Self {
            world,
            cookie: None,
            name: String::new(),
        }
    }

    /// Somebody who has just made an account.
    pub async fn signed_up(world: &'w World, name: &str) -> Self {
        let mut browser = Self::new(world);
        let answer = browser.sign_up(name).await;
        assert_eq!(
            answer.header("location"),
            "/account?done=account",
            "{}",
            answer.text()
        );
        name.clone_into(&mut browser.name);
        browser
    }

    pub async fn sign_up(&mut self, name: &str) -> Answer {
        let fields = [("name", name), ("password", PASSWORD)];
        self.post("/sign-up", &fields).await
    }

    pub async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let fields = [("name", name), ("password", password)];
        self.post("/sign-in", &fields).await
    }

    /// Gives the account a role on the whole marketplace, as the operator does.
    pub async fn become_site(&self, role: &str) {
        let database = &self.world.market.database;
        let user = users::by_name(database, &self.name).await.unwrap().unwrap();
        users::set_site_role(database, &user.id, role)
            .await
            .unwrap();
    }

    /// Makes a token on the tokens page.
    pub async fn new_token(&mut self, project: &str) -> String {
        self.new_token_for("upload", project).await
    }

    /// Makes a token that is good for something on the tokens page.
    pub async fn new_token_for(&mut self, action: &str, project: &str) -> String {
        let fields = [
            ("label", "test"),
            ("action", action),
            ("project", project),
            ("days", "7"),
        ];
        let page = self.post("/account/tokens", &fields).await.text();
        let found = page
            .split("<pre>")
            .nth(1)
            .map(|rest| rest.split('<').next().unwrap());
        found.unwrap().to_owned()
    }

    /// The token in the forms that this browser is given.
    pub async fn form_token(&mut self) -> String {
        let page = self.get("/sign-in").await.text();
        let found = page.split("name=\"csrf_token\" value=\"").nth(1).unwrap();
        found.split('"').next().unwrap().to_owned()
    }

    /// A page without what differs each time.
    pub fn without_tokens(&self, answer: &Answer) -> String {
        let text = answer.text();
        let mut parts = text.split("name=\"csrf_token\" value=\"");
        let mut plain = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            plain.push_str(&part[part.find('"').unwrap()..]);
        }
        plain
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Request::get(path), headers, Body::empty()).await
    }

    /// Sends a form with the token that its page has.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.form_token().await;
        self.post_with(path, &token, fields, &[]).await
    }

    pub async fn post_with(
        &mut self,
        path: &str,
        token: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("csrf_token", token).extend_pairs(fields);
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, headers, Body::from(form.finish())).await
    }

    async fn send(
        &mut self,
        request: axum::http::request::Builder,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = request;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let answer = self.world.send(request.body(body).unwrap()).await;
        if let Some(given) = answer.headers.get("set-cookie") {
            let pair = given.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned());
        }
        answer
    }
}
