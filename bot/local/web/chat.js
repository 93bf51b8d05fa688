// The entry: connects the frames of the server with the parts of the page.

import { prepareViewer } from "./attachments.js";
import { Bubbles } from "./bubble.js";
import { CommandMenu } from "./commands.js";
import { Composer } from "./composer.js";
import { alertDialog, prepareAlerts, toast } from "./dialogs.js";
import { byId, element } from "./dom.js";
import { InlineKeyboards, ReplyKeyboard } from "./keyboards.js";
import { MessageList } from "./messages.js";
import { Outbox, visible } from "./outbox.js";
import { Socket } from "./socket.js";
import { Status } from "./status.js";
import { prepareSwiping } from "./swiping.js";
import { Uploads } from "./uploads.js";

const LONGEST_CAPTION = 1024;
const state = {
  bot: { first_name: "" },
  visitor: null,
  chat: null,
  chosenChat: null,
  newestAskedFor: false,
  forced: null,
};

const status = new Status();
const keyboards = new InlineKeyboards({ press: (frame) => socket.send(frame), notify: complain });
const bubbles = new Bubbles({
  keyboards,
  isVisitor: (user) => user.id === state.visitor?.id,
  onCommand: send,
  onQuote: (messageId) =>
    messages.pointOut(messageId) || toast("That message is further up. Scroll up to load it."),
  onReply: (messageId) => answer(messages.get(messageId)),
  onVote: vote,
});
const messages = new MessageList({
  bubbles,
  loadOlder: (before) => socket.send({ type: "history", chat: state.chat, before }),
});
const outbox = new Outbox({
  transmit: ({ chat, text, reply_to }) => socket.send({ type: "send", chat, text, reply_to }),
  onChange: (entries) => messages.showPending(entries.filter((entry) => entry.chat === state.chat)),
});
const menu = new CommandMenu({
  onChoose: (command) => {
    composer.clearCommand();
    send(command);
  },
  onComplete: (text) => composer.write(text),
});
const uploads = new Uploads({ notify: complain });
const composer = new Composer({ menu, onSend: submit, onQuote: (messageId) => messages.pointOut(messageId) });
const replyKeyboard = new ReplyKeyboard(send);
const socket = new Socket(socketAddress, {
  onFrame: (frame) => receive[frame.type]?.(frame),
  onClose: () => {
    status.setConnected(false);
    keyboards.forget();
    outbox.disconnected();
  },
});

// what to do with each frame of the server
const receive = {
  hello(frame) {
    state.bot = frame.bot;
    state.visitor = frame.visitor;
    status.introduce(frame.bot);
    status.setConnected(true);
    menu.set(frame.commands);
    state.chat = frame.chats.some(({ id }) => id === state.chosenChat) ? state.chosenChat : frame.chat;
    showChats(frame.chats);
    if (state.chat === frame.chat) showNewest(frame);
    else askForNewest();
  },
  message({ message }) {
    if (message.chat.id !== state.chat) return;
    messages.add(message);
    outbox.acknowledge(message);
    replyKeyboard.follow(message);
    if (!message.out) status.stopTyping();
    askedFor(message);
  },
  edited({ message }) {
    if (message.chat.id === state.chat) messages.edit(message);
  },
  deleted(frame) {
    if (frame.chat !== state.chat) return;
    messages.remove(frame.message_ids);
    composer.forget(frame.message_ids);
  },
  history(frame) {
    if (frame.chat !== state.chat) return;
    if (state.newestAskedFor) showNewest(frame);
    else messages.prepend(frame.messages, frame.more);
  },
  callback_answer({ id, text, show_alert: asAlert }) {
    keyboards.answered(id);
    if (text && asAlert) alertDialog(state.bot.first_name, text);
    else if (text) toast(text);
  },
  commands: (frame) => menu.set(frame.commands),
  typing: (frame) => frame.chat === state.chat && status.typing(),
  bot_online: (frame) => status.setOnline(frame.online),
  error(frame) {
    complain(frame.text);
    const text = outbox.refused();
    if (text !== null) composer.giveBack(text);
  },
};

/** Show the newest messages of the chat, on connecting or after a change of chats. */
function showNewest(frame) {
  state.newestAskedFor = false;
  messages.reset(frame.messages, frame.more);
  replyKeyboard.restore(frame.messages);
  outbox.connected(state.chat, frame.messages);
  askedFor(frame.messages.at(-1));
}

function askForNewest() {
  state.newestAskedFor = true;
  socket.send({ type: "history", chat: state.chat, before: Number.MAX_SAFE_INTEGER });
}

function complain(text) {
  toast(text, { failed: true });
}

function socketAddress() {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat/socket`;
}

/** Send a text of its own: a command, a button of the reply keyboard. */
function send(text) {
  deliver(text, null);
}

/** Only the page that sends goes to the end; others stay where they are read. */
function deliver(text, replyTo) {
  messages.scrolling.toEnd();
  outbox.add({ chat: state.chat, text, replyTo, newest: messages.newest });
}

/** What the composer wants to send; false if there is nothing to send now. */
function submit({ text, replyTo }) {
  if (state.chat === null || uploads.busy) return false;
  if (uploads.waiting) {
    sendFiles(text);
    return true;
  }
  if (visible(text) === "") return false;
  deliver(text, replyTo);
  return true;
}

async function sendFiles(text) {
  messages.scrolling.toEnd();
  const fits = text.length <= LONGEST_CAPTION;
  const { ok, unsent } = await uploads.send(state.chat, fits ? text : "");
  if (!ok && unsent) composer.giveBack(unsent);
  if (!fits) send(text);
}

function vote(message, optionIds) {
  const sent = socket.send({
    type: "vote",
    chat: message.chat.id,
    message_id: message.message_id,
    option_ids: optionIds,
  });
  if (!sent) complain("No connection at the moment. Please vote again when it is back.");
  return sent;
}

function answer(message) {
  if (message)
    composer.replyTo(message, message.out ? "yourself" : (message.from?.first_name ?? state.bot.first_name));
}

/** A bot message with force_reply asks for an answer: open the reply for it, once. */
function askedFor(message) {
  const markup = message?.out === false ? message.reply_markup : null;
  if (!markup?.force_reply || state.forced === message.message_id) return;
  state.forced = message.message_id;
  composer.replyTo(message, message.from?.first_name ?? state.bot.first_name, markup.input_field_placeholder);
}

function showChats(chats) {
  byId("switcher").hidden = chats.length < 2;
  const options = chats.map(({ id, title }) =>
    element("option", { value: id, selected: id === state.chat }, title || String(id)),
  );
  byId("chats").replaceChildren(...options);
}

byId("chats").addEventListener("change", (event) => {
  state.chosenChat = state.chat = Number(event.target.value);
  messages.scrolling.atEnd = true;
  askForNewest();
});
byId("start").addEventListener("click", () => send("/start"));
prepareAlerts();
prepareViewer();
prepareSwiping(byId("log"), (messageId) => answer(messages.get(messageId)));
if (matchMedia("(hover: hover)").matches) byId("composer-text").focus();
