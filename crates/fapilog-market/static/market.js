// Conveniences only: every page works without this file.
"use strict";

for (const box of document.querySelectorAll(".copyable")) {
  const button = box.querySelector(".copy");
  const text = box.querySelector("pre");
  if (!button || !text || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent.trim());
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  });
}

// Passkeys: the browser asks an authenticator what the server wants to know, and the answer is sent
// as a form like any other.
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.passkey;
  const parser = kind === "create" ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (!window.PublicKeyCredential?.[parser]) continue;
  const button = form.querySelector("button");
  const failure = form.querySelector(".failure");
  form.hidden = false;
  form.parentElement.querySelector(".scriptless").hidden = true;

  const ask = async () => {
    const begun = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    const told = await begun.json();
    if (!begun.ok) throw new Error(`${told.error.message}. ${told.error.hint}.`);
    const publicKey = PublicKeyCredential[parser](told.publicKey);
    const credential = await navigator.credentials[kind]({ publicKey });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  };
  const explain = (error) => ({
    NotAllowedError: "No passkey was used: it was called off, or took too long.",
    InvalidStateError: "This device or password manager has a passkey for your account already.",
    SecurityError: "The browser does not allow passkeys under this address.",
    TypeError: "The server can't be reached. Try once more.",
  }[error.name] ?? error.message);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    failure.hidden = true;
    await ask().catch((error) => {
      failure.textContent = explain(error);
      failure.hidden = false;
    });
    button.disabled = false;
  });
}

// Search as you type: the listbox of the ARIA combobox pattern.
for (const form of document.querySelectorAll("form.search[data-suggest]")) {
  const input = form.querySelector("input[type=search]");
  const list = form.querySelector(".suggestions");
  let chosen = -1;
  let latest = 0;
  let timer = 0;

  const options = () => [...list.children];
  const close = () => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    const all = options();
    if (!all.length) return;
    chosen = (index + all.length) % all.length;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", all[chosen].id);
  };
  const show = (items) => {
    list.replaceChildren(...items.map((item, at) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${at}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.name = item.name;
      const summary = document.createElement("span");
      summary.textContent = ` ${item.summary}`;
      option.append(item.name, summary);
      return option;
    }));
    list.hidden = items.length === 0;
    input.setAttribute("aria-expanded", String(items.length > 0));
    chosen = -1;
  };
  const ask = async () => {
    const query = input.value.trim();
    const number = ++latest;
    if (query.length < 2) return close();
    const answer = await fetch(`/api/v1/search?limit=6&q=${encodeURIComponent(query)}`);
    // A slower answer to an earlier text must not replace a newer one.
    if (!answer.ok || number !== latest || document.activeElement !== input) return;
    show((await answer.json()).results);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(close), 120);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (list.hidden) return;
    if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
    if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
    if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      location.assign(`/plugins/${options()[chosen].dataset.name}/`);
    }
  });
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("li");
    if (option) location.assign(`/plugins/${option.dataset.name}/`);
  });
  input.addEventListener("blur", close);
}
