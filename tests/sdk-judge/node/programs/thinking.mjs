// A turn that thinks first.
import { think } from "../kit.mjs";

export const api = [think("I wonder.", "Done wondering.")];

export default ({ query, read }) => read(query("think"));
