// What is asked by programs: by a platform whether it lives, wants
// traffic, and finishes what it began; and by others below /api.

using System.Text.Json;

namespace App;

public static class Endpoints
{
    /// <summary>Seconds that the slowest request may take.</summary>
    public const int LongestS = 40;

    // Made by whoever will stop this container: new requests
    // go elsewhere first, and nobody finds a closed door.
    private const string Leaving = "/tmp/leaving";

    public static void MapProbes(this WebApplication app)
    {
        // Touches nothing: a restart would not bring the database back.
        app.MapGet("/livez", () => new { status = "live" });
        app.MapGet("/readyz", Ready);
        // Which revision answers: watch a release arrive.
        app.MapGet("/version", (Settings settings) => new { revision = settings.Revision });
        app.MapGet("/slow", Slow);
    }

    public static void MapApi(this WebApplication app)
    {
        // How this request looks from inside, to see
        // whether PROXY_NETWORKS is right.
        app.MapGet("/api/request", (HttpContext context) => new
        {
            client = context.Client(),
            scheme = context.Request.Scheme,
            host = context.Request.Host.Value,
        });
        // A program cannot read a page that says 404.
        app.Map("/api/{**path}", (string? path) =>
            Results.Json(new { error = $"there is no /api/{path}" }, statusCode: 404));
    }

    public static void UseSecurityHeaders(this WebApplication app) =>
        // Only this origin's files load, no page frames
        // ours, no type is guessed.
        app.Use((context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                IHeaderDictionary headers = context.Response.Headers;
                headers.ContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'";
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "same-origin";
                return Task.CompletedTask;
            });
            return next(context);
        });

    /// <summary>
    /// 503 while it is about to leave, or the database is away or not
    /// migrated: send the traffic elsewhere.
    /// </summary>
    private static async Task<IResult> Ready(Database database)
    {
        try
        {
            if (File.Exists(Leaving))
            {
                return Waiting("leaving");
            }
            if (database.Exists && await database.Missing() is [string first, ..])
            {
                return Waiting($"waiting for the migration {first}");
            }
            return Results.Json(new { status = "ready" });
        }
        catch (Exception error) when (Database.IsAway(error))
        {
            return Waiting("waiting for the database");
        }

        static IResult Waiting(string status) => Results.Json(new { status }, statusCode: 503);
    }

    /// <summary>
    /// A line of JSON each second; the last one proves that nothing was
    /// cut off. Here to show that a release waits for requests in
    /// flight. Your application needs no such route.
    /// </summary>
    private static async Task Slow(HttpContext context, int seconds = 3)
    {
        context.Response.ContentType = "application/x-ndjson";
        for (int second = 1; second <= Math.Clamp(seconds, 0, LongestS); second++)
        {
            await Task.Delay(1000, context.RequestAborted);
            await context.Response.WriteAsync(JsonSerializer.Serialize(new { second }) + "\n");
            await context.Response.Body.FlushAsync();
        }
        await context.Response.WriteAsync(JsonSerializer.Serialize(new { done = true }) + "\n");
    }
}
