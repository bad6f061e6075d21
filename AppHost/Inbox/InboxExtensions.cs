using Inbox.Api;
using Inbox.Messages;
using Inbox.Smtp;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Inbox;

/// <summary>Registration and routes of the inbox.</summary>
public static class InboxExtensions
{
    /// <summary>Where the page and the API are found unless <c>ASPNETCORE_URLS</c> says otherwise: Mailpit's port.</summary>
    private const string DefaultUrl = "http://localhost:8025";

    private static readonly string[] AddressKeys = ["urls", "http_ports", "https_ports"];

    public static WebApplicationBuilder AddInbox(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<InboxOptions>().BindConfiguration(InboxOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<MessageStore>();
        builder.Services.AddSingleton<SmtpServer>();
        builder.Services.AddHostedService(services => services.GetRequiredService<SmtpServer>());
        builder.Services.AddProblemDetails();

        // Mailpit's member names are not camel case.
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = null);
        builder.Services.AddOptions<HostFilteringOptions>().Configure<IOptions<InboxOptions>>((filter, inbox) =>
        {
            filter.AllowedHosts = inbox.Value.AllowedHosts.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            filter.IncludeFailureMessage = false;
        });
        if (AddressKeys.All(key => string.IsNullOrEmpty(builder.Configuration[key])))
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        return builder;
    }

    public static WebApplication MapInbox(this WebApplication app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = exception => exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
        });

        // JSON also for a client that would rather have HTML: 404, 405 and the like belong to the API.
        app.UseStatusCodePages(context => TypedResults.Problem(statusCode: context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext));
        app.Use((context, next) =>
        {
            // The messages hold codes and links: nothing of it stays in a cache, and no name of a page goes to the sites it links to.
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            context.Response.Headers["Referrer-Policy"] = "no-referrer";
            return next(context);
        });

        var api = app.MapGroup("/api/v1");
        ListMessages.Map(api);
        ReadMessage.Map(api);
        DeleteMessages.Map(api);
        WatchMessages.Map(api);
        PostMessage.Map(app);
        ShowHtml.Map(app);
        Page.Map(app);
        return app;
    }
}
