// The environment, read once and checked at the door.

using System.Net;
using Npgsql;

namespace App;

/// <summary>
/// A setting is missing or makes no sense. The message names it and
/// never holds its value.
/// </summary>
public sealed class SettingsException(string message) : Exception(message);

/// <summary>
/// What the application is told from outside. No record: one would
/// print its secrets.
/// </summary>
public sealed class Settings
{
    public required string SecretKey { get; init; }

    /// <summary>
    /// Keys of before, until what they sealed is gone: so a key can be
    /// replaced.
    /// </summary>
    public required IReadOnlyList<string> SecretKeyFallbacks { get; init; }

    /// <summary>
    /// As Npgsql wants it; null where the application runs without one,
    /// and may.
    /// </summary>
    public required string? Database { get; init; }

    /// <summary>
    /// A directory that outlives the container; null where nobody may
    /// bring a file.
    /// </summary>
    public required string? Uploads { get; init; }

    /// <summary>Whose word about the visitor counts.</summary>
    public required IReadOnlyList<IPNetwork> Proxies { get; init; }

    public required string Revision { get; init; }

    /// <summary>
    /// Read every setting, or throw SettingsException for the first
    /// that is missing or wrong.
    /// </summary>
    public static Settings From(IConfiguration environment) => new()
    {
        // There is no default: a default would be public.
        SecretKey = Read(environment, "SECRET_KEY") ?? throw Missing("SECRET_KEY"),
        SecretKeyFallbacks = Words(Read(environment, "SECRET_KEY_FALLBACKS")),
        Database = Connection(environment),
        Uploads = Writable(environment["UPLOADS"]),
        Proxies = [.. Words(environment["PROXY_NETWORKS"]).Select(Network)],
        Revision = environment["REVISION"] is { Length: > 0 } revision ? revision : "unknown",
    };

    /// <summary>All that a migration and the worker need.</summary>
    public static string RequiredDatabase(IConfiguration environment) =>
        Connection(environment) ?? throw Missing("DATABASE_URL");

    private static string? Connection(IConfiguration environment) =>
        ConnectionString(Read(environment, "DATABASE_URL"), Read(environment, "DATABASE_PASSWORD"));

    private static SettingsException Missing(string name) =>
        new($"{name} is not set: give its value, or the path of a file as {name}_FILE");

    /// <summary>
    /// The value of NAME, or what the file holds that NAME_FILE names;
    /// null where neither is set. Files are how Compose, Swarm and
    /// Kubernetes hand over secrets: an environment is inherited by
    /// every child process and shown by docker inspect, a file is not.
    /// </summary>
    private static string? Read(IConfiguration environment, string name)
    {
        string value = environment[name] ?? "", path = environment[$"{name}_FILE"] ?? "";
        if (value != "" && path != "")
        {
            throw new SettingsException($"{name} and {name}_FILE are both set: keep one");
        }
        if (path == "")
        {
            return value == "" ? null : value;
        }
        string held;
        try
        {
            // Editors and echo end a file with a
            // newline that is no part of the secret.
            held = File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"{name}_FILE cannot be read: {error.Message}");
        }
        return held != "" ? held : throw new SettingsException($"{name}_FILE is an empty file: {path}");
    }

    /// <summary>
    /// Npgsql reads no URL: it takes its own "Host=...;Username=...".
    /// Platforms give a URL, some with postgres:// in front and some
    /// with postgresql://.
    /// </summary>
    private static string? ConnectionString(string? url, string? password)
    {
        if (url is null)
        {
            return null;
        }
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address)
            || address.Scheme is not ("postgres" or "postgresql") || address.Host == "")
        {
            throw new SettingsException("DATABASE_URL must look like postgresql://user@host:5432/name");
        }
        string[] user = address.UserInfo.Split(':', 2);
        var made = new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port > 0 ? address.Port : 5432,
            Username = Uri.UnescapeDataString(user[0]),
            // The URL may be public and the password a
            // file: they are put together only here.
            Password = password ?? (user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null),
            Database = Uri.UnescapeDataString(address.AbsolutePath.Trim('/')),
            // Without it a host that drops packets
            // holds a request for fifteen seconds.
            Timeout = 2,
            CommandTimeout = 10,
            // Kerberos, for whose library Npgsql would look at
            // each start, and which the image does not have.
            GssEncryptionMode = GssEncryptionMode.Disable,
            // Of each copy: PostgreSQL takes a hundred in all.
            MaxPoolSize = 20,
        };
        foreach (string option in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = option.Split('=', 2);
            try
            {
                // libpq writes application_name and verify-full
                // for what is Application Name and VerifyFull here.
                string value = Uri.UnescapeDataString(pair[^1]);
                made[pair[0].Replace('_', ' ')] = pair[0] == "sslmode" ? value.Replace("-", "") : value;
            }
            catch (Exception error) when (error is ArgumentException or KeyNotFoundException or FormatException)
            {
                throw new SettingsException($"DATABASE_URL has an option that Npgsql does not take: {pair[0]}");
            }
        }
        return made.ConnectionString;
    }

    private static string? Writable(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
        {
            return null;
        }
        string probe = Path.Combine(folder, $".{Guid.NewGuid():N}");
        try
        {
            File.Create(probe, 1, FileOptions.DeleteOnClose).Dispose();
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"UPLOADS must be a directory that the process can write to: {folder}");
        }
    }

    private static IPNetwork Network(string word)
    {
        if (IPAddress.TryParse(word, out IPAddress? one))
        {
            return new IPNetwork(one, one.GetAddressBytes().Length * 8);
        }
        return IPNetwork.TryParse(word, out IPNetwork network)
            ? network
            : throw new SettingsException("PROXY_NETWORKS must be addresses or networks, such as 172.18.0.0/16");
    }

    private static string[] Words(string? text) =>
        (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
