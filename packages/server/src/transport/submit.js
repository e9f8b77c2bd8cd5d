// Sends the first form of a page; without JavaScript the reader presses its button.
document.forms[0]?.requestSubmit();
