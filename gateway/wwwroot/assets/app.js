// The start. Reading the link's token comes first, so that it leaves the address bar before anything else happens.
import "./linkToken.js";
import { start } from "./router.js";

start();
