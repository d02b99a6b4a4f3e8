for (const section of document.querySelectorAll("section")) {
  const sound = section.querySelector("audio");
  if (!sound) continue;
  const stage = section.querySelector(".stage");
  const head = section.querySelector(".head");
  const draw = () => {
    head.style.left = `${(100 * sound.currentTime) / (sound.duration || 1)}%`;
    if (!sound.paused) requestAnimationFrame(draw);
  };
  stage.addEventListener("click", (event) => {
    const box = stage.getBoundingClientRect();
    sound.currentTime = ((event.clientX - box.left) / box.width) * (sound.duration || 0);
  });
  for (const name of ["play", "seeked", "timeupdate"]) sound.addEventListener(name, draw);
  sound.addEventListener("play", () => {
    for (const other of document.querySelectorAll("audio")) if (other !== sound) other.pause();
  });
}
