const Encore = require('@symfony/webpack-encore');

Encore
    .setOutputPath('public/build/')
    .setPublicPath('/build')
    .addEntry('shop', './assets/shop.js')
    .enableSingleRuntimeChunk()
    .cleanupOutputBeforeBuild()
    .enableVersioning()
;

module.exports = Encore.getWebpackConfig();
