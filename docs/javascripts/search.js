// The theme's search has signs of its own: it leaves out a word with a colon behind it, takes a backslash for a sign that
// escapes, and looks for pages without a word that a minus stands before. Messages have all of these, and mean none.
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...others) {
  const typed = message?.data;
  if (typeof typed === "string") message = { ...message, data: typed.replace(/[\\:~^*+]|(^|\s)-+/g, " ") };
  return post.call(this, message, ...others);
};
