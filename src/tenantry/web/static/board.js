// The board: a deal is dragged, or moved by Alt and an arrow. Both press a button of its menu, which is there without us.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const on = (name, listen) => document.addEventListener(name, listen);
  const board = () => $("[data-board]");
  let held = null;
  let wanted = "";

  const go = (deal, goal) => {
    const way = $(`[data-to="${CSS.escape(goal)}"]`, deal);
    if (!way) return false;
    wanted = $("a", deal).id;
    delete $("#move").dataset.sent;
    way.click();
    return true;
  };
  const leave = () => {
    document.body.classList.remove("t-dragging");
    document.querySelectorAll(".t-lane.over, [data-drop-to].over").forEach(place => place.classList.remove("over"));
    held?.classList.remove("held");
    held = null;
  };
  const place = target => target.closest?.("[data-board] .t-lane, [data-drop-to]");

  on("dragstart", e => {
    const deal = e.target.closest?.(".t-deal[draggable=true]");
    if (!deal) return;
    held = deal;
    e.dataTransfer.effectAllowed = "move";
    e.dataTransfer.setData("text/plain", $("a", deal).textContent);
    // The picture that is dragged is taken before the deal fades.
    setTimeout(() => { held?.classList.add("held"); document.body.classList.add("t-dragging"); });
  });
  on("dragover", e => {
    const over = held && place(e.target);
    document.querySelectorAll(".t-lane.over, [data-drop-to].over").forEach(other => { if (other !== over) other.classList.remove("over"); });
    if (!over) return;
    e.preventDefault();
    over.classList.add("over");
  });
  on("drop", e => {
    const over = held && place(e.target);
    if (!over) return;
    e.preventDefault();
    const deal = held, goal = over.dataset.dropTo || over.dataset.stage;
    leave();
    if (go(deal, goal) && over.dataset.stage) $(".t-cards", over).prepend(deal);
  });
  on("dragend", leave);
  // The menu has done its work; what the answer puts elsewhere would leave it open.
  on("click", e => { if (e.target.closest(".t-deal [data-to]")) e.target.closest("[popover]").hidePopover?.(); });

  on("keydown", e => {
    if (!e.altKey || e.ctrlKey || e.metaKey || !["ArrowLeft", "ArrowRight"].includes(e.key) || !board()) return;
    const deal = e.target.closest?.(".t-deal"), lane = deal?.closest(".t-lane");
    if (!lane) return;
    e.preventDefault();
    const forward = (e.key === "ArrowRight") !== (document.dir === "rtl");
    const next = forward ? lane.nextElementSibling : lane.previousElementSibling;
    if (next?.dataset.stage) go(deal, next.dataset.stage);
  });

  // A deal that was moved keeps the focus, wherever it is now.
  on("htmx:after:swap", () => {
    const link = wanted && document.getElementById(wanted);
    if (!link || $("dialog[open]")) return;
    wanted = "";
    link.focus();
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
})();
