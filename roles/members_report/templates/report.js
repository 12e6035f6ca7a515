(() => {
  "use strict";
  const table = document.getElementById("changes");
  const tools = document.getElementById("tools");
  if (!table || !tools) return;
  const find = document.getElementById("find");
  const field = document.getElementById("field");
  const shown = document.getElementById("shown");
  const chips = [...tools.querySelectorAll("button[data-action]")];
  const bodies = [...table.tBodies].map((body) => ({
    body,
    action: body.dataset.action,
    rows: [...body.rows].map((row) => ({ row, field: row.dataset.field, text: row.textContent.toLowerCase() })),
  }));

  const apply = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const actions = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.action);
    let members = 0;
    for (const { body, action, rows } of bodies) {
      let first = true;
      for (const { row, field: name, text } of rows) {
        const fits = (!actions.length || actions.includes(action)) && (!field.value || name === field.value)
          && words.every((word) => text.includes(word));
        row.hidden = !fits;
        row.classList.toggle("first", fits && first);
        if (fits) first = false;
      }
      body.hidden = first;
      if (!first) members += 1;
    }
    shown.textContent = members === bodies.length ? `${bodies.length} shown` : `${members} of ${bodies.length} shown`;
  };

  const clear = () => {
    find.value = "";
    field.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    apply();
  };

  find.addEventListener("input", apply);
  find.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });
  field.addEventListener("change", apply);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") === "true" ? "false" : "true");
      apply();
    });
  }
  document.getElementById("clear").addEventListener("click", clear);
  window.addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  tools.hidden = false;
  apply();
})();
