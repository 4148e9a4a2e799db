// What only the application may read: contacts in a column, and
// the keys of its cookies. A dump of the database holds both, and
// is worth nothing without SECRET_KEY.

using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Npgsql;

namespace App;

/// <summary>
/// Seals with the first key, and opens with any of them: so a key can
/// be replaced.
/// </summary>
public sealed class Seal(IEnumerable<string> secrets)
{
    private const int NonceBytes = 12, TagBytes = 16, KeyBytes = 32;

    // A key of its own from SECRET_KEY, for this use alone.
    private readonly byte[][] keys =
    [
        .. secrets.Select(secret => HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), KeyBytes, info: "seal"u8.ToArray())),
    ];

    /// <summary>
    /// The text, as nobody else can read or change it.
    /// </summary>
    public byte[] Close(string text)
    {
        byte[] plain = Encoding.UTF8.GetBytes(text);
        byte[] made = new byte[NonceBytes + TagBytes + plain.Length];
        Span<byte> nonce = made.AsSpan(0, NonceBytes), tag = made.AsSpan(NonceBytes, TagBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(keys[0], TagBytes);
        cipher.Encrypt(nonce, plain, made.AsSpan(NonceBytes + TagBytes), tag);
        return made;
    }

    /// <summary>
    /// The text; null where no key of today has sealed it.
    /// </summary>
    public string? Open(byte[] closed)
    {
        if (closed.Length < NonceBytes + TagBytes)
        {
            return null;
        }
        Span<byte> nonce = closed.AsSpan(0, NonceBytes), tag = closed.AsSpan(NonceBytes, TagBytes);
        byte[] plain = new byte[closed.Length - NonceBytes - TagBytes];
        foreach (byte[] key in keys)
        {
            using var cipher = new AesGcm(key, TagBytes);
            try
            {
                cipher.Decrypt(nonce, closed.AsSpan(NonceBytes + TagBytes), tag, plain);
                return Encoding.UTF8.GetString(plain);
            }
            catch (AuthenticationTagMismatchException)
            {
                // Another key's.
            }
        }
        return null;
    }
}

/// <summary>
/// Where the keys of cookies are kept: all copies have the same ones,
/// and a new container has them too.
/// </summary>
public sealed class KeysInDatabase(Database database) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using NpgsqlCommand command = database.Source.CreateCommand("SELECT xml FROM cookie_keys ORDER BY at");
        using NpgsqlDataReader rows = command.ExecuteReader();
        var found = new List<XElement>();
        while (rows.Read())
        {
            found.Add(XElement.Parse(rows.GetString(0)));
        }
        return found;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        using NpgsqlCommand command =
            database.Source.CreateCommand("INSERT INTO cookie_keys (name, xml) VALUES ($1, $2)");
        command.Parameters.Add(new() { Value = friendlyName });
        command.Parameters.Add(new() { Value = element.ToString(SaveOptions.DisableFormatting) });
        command.ExecuteNonQuery();
    }
}

/// <summary>
/// Sealed before they are stored. The framework makes one of these
/// itself to open them again.
/// </summary>
public sealed class SealedKeys(IServiceProvider services) : IXmlEncryptor, IXmlDecryptor
{
    private readonly Seal seal = services.GetRequiredService<Seal>();

    public EncryptedXmlInfo Encrypt(XElement plaintextElement)
    {
        string text = plaintextElement.ToString(SaveOptions.DisableFormatting);
        return new(new XElement("sealed", Convert.ToBase64String(seal.Close(text))), typeof(SealedKeys));
    }

    public XElement Decrypt(XElement encryptedElement) =>
        XElement.Parse(seal.Open(Convert.FromBase64String(encryptedElement.Value))
            ?? throw new CryptographicException("sealed with a SECRET_KEY that is gone"));
}
