<?php
# Read at each request. What is yours comes from compose.yaml.
$wgSitename = 'Wiki';
$wgServer = getenv( 'SITE' );
$wgScriptPath = '';

$wgDBtype = 'mysql';
$wgDBserver = 'db';
$wgDBname = 'wiki';
$wgDBuser = 'wiki';
$wgDBpassword = trim( file_get_contents( '/run/secrets/database_password' ) );
$wgSecretKey = trim( file_get_contents( '/run/secrets/secret_key' ) );

$wgMainCacheType = CACHE_ACCEL;
$wgEnableUploads = true;

# Whoever is not known reads. Robots find each wiki that lets them write.
$wgGroupPermissions['*']['edit'] = false;
$wgGroupPermissions['*']['createaccount'] = false;

# The proxy alone reaches this, and says where a visitor came from.
$wgCdnServersNoPurge = [ '0.0.0.0/0' ];

wfLoadSkin( 'Vector' );
$wgDefaultSkin = 'vector';
