// What the empty page offers. A preset fills the message field; a starter is sent at once.
import { t } from "./i18n.js";

export const presets = () => [
  { icon: "mail", title: t("presetEmail"), text: t("presetEmailText") },
  { icon: "megaphone", title: t("presetAd"), text: t("presetAdText") },
  { icon: "calculator", title: t("presetMath"), text: t("presetMathText") },
  { icon: "chat", title: t("presetSlang"), text: t("presetSlangText") },
];

export const starters = () => [t("starterHello"), t("starterStory")];
