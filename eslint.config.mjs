// The rules that Odoo's own scripts keep; globals are those of its asset bundles.
import js from "./.run/node-lint/node_modules/@eslint/js/src/index.js";

export default [
    js.configs.recommended,
    {
        files: ["addons/**/*.js"],
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: {
                odoo: "readonly",
                window: "readonly",
                document: "readonly",
                console: "readonly",
                luxon: "readonly",
                Chart: "readonly",
                Event: "readonly",
                Promise: "readonly",
                setTimeout: "readonly",
                clearTimeout: "readonly",
                URL: "readonly",
                URLSearchParams: "readonly",
                FormData: "readonly",
                navigator: "readonly",
                crypto: "readonly",
                fetch: "readonly",
                localStorage: "readonly",
                ProgressEvent: "readonly",
                XMLHttpRequest: "readonly",
            },
        },
        rules: {
            "no-restricted-globals": ["error", "event", "self"],
            "no-const-assign": "error",
            "no-debugger": "error",
            "no-dupe-class-members": "error",
            "prefer-const": "error",
            curly: "error",
            eqeqeq: ["error", "always", {null: "ignore"}],
        },
    },
];
