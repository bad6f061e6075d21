using System.Globalization;
using Microsoft.Playwright;
using Pages.Tests.Infrastructure;

namespace Pages.Tests.Looks;

/// <summary>How a page looks on a phone and on a desktop, in light and dark: checked for accessibility, and kept as pictures for people.</summary>
internal static class LookCheck
{
    private static readonly Lazy<string> Check = new(() =>
    {
        using var stream = typeof(LookCheck).Assembly.GetManifestResourceStream("accessibility.js")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    /// <summary>A date has month, day, year and a button, each with a Tab of its own.</summary>
    private const int PartsOfADate = 4;

    private static readonly (int Width, int Height, ColorScheme Colours)[] Screens =
    [
        (320, 640, ColorScheme.Light), (320, 640, ColorScheme.Dark), (1280, 900, ColorScheme.Dark), (1280, 900, ColorScheme.Light),
    ];

    /// <summary>Checks the page as it is now, in every size and theme, and the way of the keyboard through it.</summary>
    public static async Task OfAsync(Visitor visitor, string name)
    {
        var problems = new List<string>();
        foreach (var (width, height, colours) in Screens)
        {
            await visitor.Page.SetViewportSizeAsync(width, height);
            await visitor.Page.EmulateMediaAsync(new() { ColorScheme = colours });
            var screen = string.Create(CultureInfo.InvariantCulture, $"{name}-{width}-{colours}").ToLowerInvariant();
            problems.AddRange((await visitor.Page.EvaluateAsync<string[]>(Check.Value)).Select(problem => $"{screen}: {problem}"));
            await visitor.ScreenshotAsync(screen);
        }

        problems.AddRange((await WalkByKeyboardAsync(visitor)).Select(problem => $"{name}: {problem}"));
        Assert.True(problems.Count == 0, string.Join(Environment.NewLine, problems));
    }

    /// <summary>Presses Tab through the page: every control is reached (2.1.1), in its turn (2.4.3), and the focus is seen (2.4.7).</summary>
    private static async Task<IReadOnlyList<string>> WalkByKeyboardAsync(Visitor visitor)
    {
        await visitor.Page.EvaluateAsync(
            """
            () => {
              // Tab goes on from the last place of the focus: begin at the top.
              document.body.tabIndex = -1;
              document.body.focus();
              document.body.removeAttribute("tabindex");
              const root = document.querySelector("dialog:modal") ?? document.body;
              const within = (node) => !node.closest("details:not([open])") || node.matches("details > summary");
              window.toReach = [...root.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
                .filter((node) => (node.checkVisibility({ visibilityProperty: true }) || node.matches(".skip")) && within(node) && node.tabIndex >= 0);
              window.reached = [];
            }
            """);
        var count = await visitor.Page.EvaluateAsync<int>("toReach.length");
        for (var press = 0; press < count + PartsOfADate; press++)
        {
            await visitor.Page.Keyboard.PressAsync("Tab");
            await visitor.Page.EvaluateAsync(
                """
                () => {
                  const node = document.activeElement;
                  const style = getComputedStyle(node);
                  const box = node.getBoundingClientRect();
                  // A date's last part is the button of its calendar, which has a ring of its own that no script can measure.
                  const calendar = node.type === "date" && reached.at(-1)?.[0] === node;
                  const seen = calendar || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
                    && box.bottom > 0 && box.top < innerHeight;
                  reached.push([node, seen]);
                }
                """);
        }

        return await visitor.Page.EvaluateAsync<string[]>(
            """
            () => {
              const name = (node) => `${node.tagName.toLowerCase()} "${(node.textContent || node.name || "").trim().slice(0, 40)}"`;
              // The three parts of a date are one control to us.
              const firsts = reached.map(([node]) => node).filter((node, at, all) => all.indexOf(node) === at && toReach.includes(node));
              const problems = toReach.filter((node) => !firsts.includes(node)).map((node) => `2.1.1 not reached: ${name(node)}`);
              problems.push(...reached.filter(([node, seen]) => toReach.includes(node) && !seen).map(([node]) => `2.4.7 the focus is not seen: ${name(node)}`));
              const start = firsts.map((node) => toReach.indexOf(node));
              const turns = start.filter((place, at) => at > 0 && place < start[at - 1]).length;
              return turns > 1 ? [...problems, `2.4.3 the order jumps: ${start}`] : problems;
            }
            """);
    }
}
