// Polls: options to vote for, then bars with shares.

import { element, icon } from "./dom.js";

/**
 * The poll of a message, or null. `onVote(message, optionIds)` is called with the chosen positions; [] takes
 * the vote back.
 */
export function pollView(message, onVote) {
  const poll = message.poll;
  if (!poll) return null;
  const chosen = new Set(message.my_votes);
  const open = !poll.is_closed && chosen.size === 0;
  const view = element(
    "div",
    { class: open ? "poll" : "poll results", role: "group", "aria-label": `Poll: ${poll.question}` },
    element("p", { class: "question", dir: "auto" }, poll.question),
    element("p", { class: "poll-kind" }, kind(poll)),
    ...poll.options.map((option, index) =>
      open ? choice(poll, option, index) : result(poll, option, chosen.has(index)),
    ),
  );
  view.append(open ? votingFoot(view, message, onVote) : resultsFoot(message, chosen, onVote));
  if (open && !poll.allows_multiple_answers) {
    view.addEventListener("click", (event) => {
      const button = event.target.closest(".choice");
      if (button) submit(view, () => onVote(message, [Number(button.dataset.option)]), button);
    });
  }
  return view;
}

function kind(poll) {
  if (poll.is_closed) return "Final results";
  const audience = poll.is_anonymous === false ? "Public poll" : "Anonymous poll";
  return poll.allows_multiple_answers ? `${audience} · several answers` : audience;
}

function choice(poll, option, index) {
  const label = element("span", { class: "choice-text", dir: "auto" }, option.text);
  if (!poll.allows_multiple_answers) {
    return element(
      "button",
      { type: "button", class: "choice", data: { option: index } },
      element("span", { class: "mark" }),
      label,
    );
  }
  const box = element("input", { type: "checkbox", class: "visually-hidden", value: index });
  return element(
    "label",
    { class: "choice", data: { option: index } },
    box,
    element("span", { class: "mark square" }, icon("check")),
    label,
  );
}

function result(poll, option, mine) {
  const share = poll.total_voter_count ? option.voter_count / poll.total_voter_count : 0;
  const bar = element("span", { class: "bar" });
  bar.style.setProperty("--share", share);
  return element(
    "div",
    { class: mine ? "result mine" : "result", title: votes(option.voter_count) },
    element("span", { class: "percent" }, `${Math.round(share * 100)}%`),
    element("span", { class: "result-text", dir: "auto" }, option.text, mine ? icon("check") : null),
    element("span", { class: "count" }, String(option.voter_count)),
    bar,
  );
}

function votingFoot(view, message, onVote) {
  const foot = element("div", { class: "poll-foot" });
  if (!message.poll.allows_multiple_answers) {
    foot.append(element("span", {}, votes(message.poll.total_voter_count)));
    return foot;
  }
  const button = element("button", { type: "button", class: "text-button vote", disabled: true }, "Vote");
  const picked = () => [...view.querySelectorAll("input:checked")].map((box) => Number(box.value));
  view.addEventListener("change", () => (button.disabled = picked().length === 0));
  button.addEventListener("click", () => submit(view, () => onVote(message, picked()), button));
  foot.append(button);
  return foot;
}

function resultsFoot(message, chosen, onVote) {
  const foot = element(
    "div",
    { class: "poll-foot" },
    element("span", {}, votes(message.poll.total_voter_count)),
  );
  if (!message.poll.is_closed && chosen.size > 0 && message.poll.allows_revoting !== false) {
    foot.append(
      element(
        "button",
        { type: "button", class: "text-button retract", on: { click: () => onVote(message, []) } },
        "Retract vote",
      ),
    );
  }
  return foot;
}

/** Show the vote as being sent; the answer of the server replaces the whole poll. */
function submit(view, send, button) {
  if (view.classList.contains("busy") || !send()) return;
  view.classList.add("busy");
  button.classList.add("busy");
  setTimeout(() => [view, button].forEach((node) => node.classList.remove("busy")), 5000);
}

const votes = (count) => (count === 0 ? "No votes yet" : count === 1 ? "1 vote" : `${count} votes`);
