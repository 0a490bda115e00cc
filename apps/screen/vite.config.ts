import { app } from "../tools/app.ts";

export default app({ name: "screen", base: "/screen/" });
