using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace ScopeSigning.Tests.Support;

/// <summary>
/// The real clock, moved for one request at a time: a test says in a header how far. Background work goes on in the present, so
/// tests that look into the future do not disturb the others.
/// </summary>
internal sealed class TestClock : TimeProvider, IStartupFilter
{
    public const string Header = "X-Test-Seconds";

    private static readonly AsyncLocal<double> Shift = new();

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddSeconds(Shift.Value);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, then) =>
        {
            if (context.Request.Headers.TryGetValue(Header, out var seconds))
            {
                Shift.Value = double.Parse(seconds.ToString(), CultureInfo.InvariantCulture);
            }

            return then(context);
        });
        next(app);
    };
}
