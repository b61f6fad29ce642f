import tseslint from "typescript-eslint";

// Default exports are refused in our code; tools such as drizzle-kit, vitest and eslint ask for one in their config.
export default tseslint.config(
  {
    ignores: ["node_modules", "data", "coverage", "migrations", "web/dist", "dist", "test/package/next-app"],
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-unnecessary-condition": [
        "error",
        { allowConstantLoopConditions: "only-allowed-literals" },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "Name every export." },
      ],
    },
  },
  { files: ["*.config.ts", "test/*/*.config.ts"], rules: { "no-restricted-syntax": "off" } },
);
