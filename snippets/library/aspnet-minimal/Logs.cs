// One JSON object a line on standard output, and one line a request.

using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace App;

/// <summary>
/// The name of the request in which a line was logged.
/// </summary>
public sealed record RequestId(string Value);

public static partial class Logs
{
    private const string Header = "X-Request-ID";

    public static void ToStandardOutput(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddConsole(console => console.FormatterName = JsonLines.Name);
        logging.AddConsoleFormatter<JsonLines, ConsoleFormatterOptions>();
        // The framework tells of each request several times;
        // UseRequestLog tells of it once.
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
    }

    /// <summary>
    /// One line, for what runs where there is no server.
    /// </summary>
    public static void Say(LogLevel level, string message)
    {
        // It writes in the background: disposed of, it is done.
        using ILoggerFactory factory = LoggerFactory.Create(ToStandardOutput);
        factory.CreateLogger("App").Log(level, "{message}", message);
    }

    /// <summary>
    /// A name for each request, and a line once it is answered.
    /// </summary>
    public static void UseRequestLog(this WebApplication app)
    {
        ILogger log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("App.Access");
        app.Use(async (context, next) =>
        {
            // Anybody can send one. What is taken goes into
            // logs, so it is short and plain, or it is ours.
            string given = context.Request.Headers[Header].ToString();
            string id = Plain().IsMatch(given) ? given : Guid.NewGuid().ToString("N");
            context.Response.OnStarting(() =>
            {
                context.Response.Headers[Header] = id;
                return Task.CompletedTask;
            });
            long began = Stopwatch.GetTimestamp();
            using IDisposable? scope = log.BeginScope(new RequestId(id));
            try
            {
                await next(context);
            }
            finally
            {
                if (IsVisit(context))
                {
                    log.Log(
                        LogLevel.Information, default, Access(context, began), null,
                        (line, _) => $"{line["method"]} {line["path"]} {line["status"]}");
                }
            }
        });
    }

    /// <summary>
    /// A dual-stack socket has IPv4 visitors as ::ffff:192.0.2.1, which
    /// no list of addresses knows.
    /// </summary>
    public static string Client(this HttpContext context) =>
        context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } address
            ? address.MapToIPv4().ToString()
            : $"{context.Connection.RemoteIpAddress}";

    // A probe that was answered well comes every few
    // seconds, and would bury all else.
    private static bool IsVisit(HttpContext context) =>
        !(context.Request.Path.Value is "/livez" or "/readyz" && context.Response.StatusCode == 200);

    /// <summary>
    /// What is known of a request. No query, of no address: reset links
    /// and API keys travel in it.
    /// </summary>
    private static Dictionary<string, object?> Access(HttpContext context, long began) => new()
    {
        ["method"] = context.Request.Method,
        ["path"] = context.Request.Path.ToUriComponent(),
        ["status"] = context.Response.StatusCode,
        ["duration_ms"] = (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds,
        ["client"] = context.Client(),
        ["referer"] = context.Request.Headers.Referer.ToString().Split('?')[0],
        ["user_agent"] = context.Request.Headers.UserAgent.ToString(),
    };

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Plain();
}

/// <summary>
/// The same keys as the Flask application's, so one collector reads
/// both. The framework's own JSON console nests them, and has a line's
/// text twice.
/// </summary>
public sealed class JsonLines() : ConsoleFormatter(Name)
{
    public new const string Name = "lines";

    public override void Write<TState>(in LogEntry<TState> entry, IExternalScopeProvider? scopes, TextWriter output)
    {
        using var buffer = new MemoryStream();
        // No browser reads it: + and é may stand as they are.
        using (var line = new Utf8JsonWriter(buffer, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            line.WriteStartObject();
            line.WriteString("time", DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffzzz"));
            line.WriteString("level", entry.LogLevel.ToString().ToLowerInvariant());
            line.WriteString("logger", entry.Category);
            line.WriteString("message", entry.Formatter(entry.State, entry.Exception));
            scopes?.ForEachScope(
                static (scope, line) =>
                {
                    if (scope is RequestId id)
                    {
                        line.WriteString("request_id", id.Value);
                    }
                },
                line);
            foreach ((string name, object? value) in entry.State as Dictionary<string, object?> ?? [])
            {
                line.WritePropertyName(name);
                // By this writer, so with its encoder.
                JsonSerializer.Serialize(line, value);
            }
            if (entry.Exception is not null)
            {
                line.WriteString("exception", entry.Exception.ToString());
            }
            line.WriteEndObject();
        }
        output.WriteLine(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }
}
