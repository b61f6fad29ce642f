/** Stylesheets that a screen brings; Vite puts them into the chunk of the screen. */
declare module "*.css";
